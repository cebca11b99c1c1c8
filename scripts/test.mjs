// `npm test`: on a fresh clone on Debian, as root, installs everything that the tests need, builds, and runs
// all tests. What is there already is not installed again. Arguments go to vitest: `npm test --
// test/contract`. Runs on Node 20 without any package; the tests themselves run on the Node that npm
// installs.

import { join } from 'node:path'
import { installDebianPackages } from './lib/debian.mjs'
import { findLoki, provideLoki } from './lib/loki.mjs'
import { installNpmPackages } from './lib/npm.mjs'
import { checkRequirements } from './lib/requirements.mjs'
import { main, root, run, step } from './lib/steps.mjs'
import { runVitest } from './lib/vitest.mjs'

await main(async () => {
  const loki = await findLoki()
  await checkRequirements({ needsGo: loki === undefined })
  await step("Debian's packages", () => installDebianPackages())
  await step("npm's packages", installNpmPackages)
  await step('Loki', async () => loki ?? (await provideLoki()))
  await step('build', async () => {
    await run(process.execPath, [join(root, 'scripts', 'build.mjs')])
  })
  return runVitest(process.argv.slice(2))
})
