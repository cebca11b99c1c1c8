// Telegraf for the benchmark: `node scripts/telegraf.mjs` builds it where it is missing and prints its path.
// --build is what the lock's holder runs.

import { serveGoProgram } from './lib/go-program.mjs'
import { main } from './lib/steps.mjs'
import { telegraf } from './lib/telegraf.mjs'

await main(() => serveGoProgram(telegraf))
