// Loki for the tests: `node scripts/loki.mjs` builds it where it is missing and prints its path. With --find
// it only looks, for the tests themselves; --build is what the lock's holder runs.

import { serveGoProgram } from './lib/go-program.mjs'
import { loki } from './lib/loki.mjs'
import { main } from './lib/steps.mjs'

await main(() => serveGoProgram(loki))
