// Writes dashboards/*.json from src/dashboards/, where the panels stand as a person can read them.
// test/dashboards.test.ts holds the two equal.
//   node_modules/.bin/node scripts/generate-dashboards.mjs

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dashboardFiles } from '../src/dashboards/files.ts'

const root = join(import.meta.dirname, '..')

for (const [path, text] of Object.entries(dashboardFiles())) {
  writeFileSync(join(root, path), text)
  console.log(`${path} written`)
}
