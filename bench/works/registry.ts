// All works: one line each, in the order in which they run and stand on the page.

import type { Work } from '../work.ts'
import { flood } from './flood.ts'

export const works: readonly Work[] = [flood]
