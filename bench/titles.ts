// How the tables name the subjects.

import { contenders } from './contenders/registry.ts'
import type { SubjectName } from './work.ts'

export function titleOf(subject: SubjectName): string {
  if (subject === 'bare-fetch') return 'bare ODBC fetch loop'
  if (subject === 'bare-post') return 'bare POST of the same bytes'
  return contenders[subject].title
}
