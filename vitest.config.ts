// Three kinds of tests: `unit` needs nothing but Node, `contract` and `integration` need PostgreSQL and Loki,
// which the global setup starts once for both. `vitest run --project unit` runs one kind.

import { defineConfig } from 'vitest/config'
import { compileCache } from './test/support/compile-cache.ts'

const servers = ['test/support/servers/global-setup.ts']

/** A state of a server or process may take its time on a busy machine. */
const patient = { poll: { timeout: 10_000 } }

export default defineConfig({
  test: {
    maxWorkers: 3,
    // A process for each of 200 files took a third of the unit tests' CPU. So modules outlive their file: what a
    // test changes in one, it puts back.
    isolate: false,
    env: compileCache,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/contract/**', 'test/integration/**'],
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: servers,
          testTimeout: 30_000,
          expect: patient,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: servers,
          testTimeout: 120_000,
          expect: patient,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
