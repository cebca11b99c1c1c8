// Loki for the tests: `node scripts/loki.mjs` builds it where it is missing and prints its path. With --find
// it only looks, for the tests themselves; --build is what the lock's holder runs.

import { buildLoki, findLoki, provideLoki } from './lib/loki.mjs'
import { main, StepError } from './lib/steps.mjs'

await main(async () => {
  if (process.argv.includes('--build')) return buildLoki()
  const found = await findLoki()
  if (found === undefined && process.argv.includes('--find')) {
    throw new StepError(
      "Loki's program is missing or damaged. Build it (5 minutes, once): node scripts/loki.mjs",
    )
  }
  console.log(found ?? (await provideLoki()))
  return 0
})
