// Loki for the tests. LOKI_BIN names a program that is there already.

import { findGoProgram, provideGoProgram } from './go-program.mjs'

/** @type {import('./go-program.mjs').GoProgram} */
export const loki = {
  name: 'loki',
  title: 'Loki',
  version: '3.7.8', // the one that loki.go.mod requires
  variable: 'LOKI_BIN',
  script: 'loki.mjs',
  goMod: 'loki.go.mod',
  package: 'github.com/grafana/loki/v3/cmd/loki',
  flags: ['-tags', 'netgo'],
  cost: '5 minutes',
}

/** The path of a sound Loki program, or undefined where it has to be built. */
export const findLoki = () => findGoProgram(loki)

/** Builds Loki into the cache and returns its path. */
export const provideLoki = () => provideGoProgram(loki)
