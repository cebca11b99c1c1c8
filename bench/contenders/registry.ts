// All contenders: one line each.

import type { Contender, ContenderName } from '../contender.ts'
import { nodeProgram } from './node-program.ts'
import { rowtail } from './rowtail.ts'
import { telegraf } from './telegraf.ts'

export const contenders: Readonly<Record<ContenderName, Contender>> = {
  rowtail,
  telegraf,
  'winston-loki': nodeProgram('winston-loki', 'winston + winston-loki'),
  'pino-loki': nodeProgram('pino-loki', 'pino + pino-loki'),
  'push-per-row': nodeProgram('push-per-row', 'one POST a row'),
}
