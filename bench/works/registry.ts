// All works: one line each, in the order in which they run and stand on the page.

import type { Work } from '../work.ts'
import { busy } from './busy.ts'
import { drainBacklogs } from './drain.ts'
import { flood } from './flood.ts'
import { idle } from './idle.ts'
import { many } from './many.ts'
import { oneRun } from './one-run.ts'
import { start } from './start.ts'

export const works: readonly Work[] = [flood, busy, many, oneRun, drainBacklogs, start, idle]
