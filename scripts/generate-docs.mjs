// Writes docs/flags.md, docs/configuration.md, docs/errors.md, docs/metrics.md, docs/fidelity.md and the JSON
// schema of the metrics file from the flag table, the metric schema, the accounts of the error codes, the
// families of /metrics and the fidelity matrix, so that they tell the same story as the program. `--check`
// writes nothing and fails where one is stale.
//   node_modules/.bin/node scripts/generate-docs.mjs [--check]

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationPage } from './docs/configuration-page.mjs'
import { errorsPage } from './docs/errors-page.mjs'
import { fidelityPage } from './docs/fidelity-page.mjs'
import { flagsPage } from './docs/flags-page.mjs'
import { inputSchema } from './docs/input-schema.mjs'
import { metricsPage } from './docs/metrics-page.mjs'

const root = join(import.meta.dirname, '..')
const pages = {
  'docs/flags.md': flagsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/metrics.md': metricsPage(),
  'docs/fidelity.md': fidelityPage(),
  'config_files/monitor_input.schema.json': inputSchema(),
}
const isCheck = process.argv.includes('--check')
const cure = 'is stale: run node_modules/.bin/node scripts/generate-docs.mjs'

const stale = Object.entries(pages).filter(([path, text]) => !isWritten(path, text))
for (const [path, text] of stale) {
  if (!isCheck) writeFileSync(join(root, path), text)
  console.log(`${path} ${isCheck ? cure : 'written'}`)
}
if (isCheck && stale.length > 0) process.exitCode = 1

function isWritten(path, text) {
  try {
    return readFileSync(join(root, path), 'utf8') === text
  } catch {
    return false // not there yet
  }
}
