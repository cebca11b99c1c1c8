// Telegraf, a peer of the benchmark, with nothing in it but what asks a database and what writes to Loki.
// TELEGRAF_BIN names a program that is there already.

import { findGoProgram, provideGoProgram } from './go-program.mjs'

/** @type {import('./go-program.mjs').GoProgram} */
export const telegraf = {
  name: 'telegraf',
  title: 'Telegraf',
  version: '1.37.2', // the one that telegraf.go.mod requires
  variable: 'TELEGRAF_BIN',
  script: 'telegraf.mjs',
  goMod: 'telegraf.go.mod',
  package: 'github.com/influxdata/telegraf/cmd/telegraf',
  flags: ['-tags', 'custom,inputs.sql,outputs.loki'],
  cost: '3 to 10 minutes',
}

/** The path of a sound Telegraf program, built first where it is missing. */
export async function provideTelegraf() {
  return (await findGoProgram(telegraf)) ?? (await provideGoProgram(telegraf))
}
