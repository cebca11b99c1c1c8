// The command `check`.

import type { Invocation } from '../program.ts'

export async function check(invocation: Invocation): Promise<number> {
  throw new Error(`check is not built yet: ${invocation.settings.target.name}`)
}
