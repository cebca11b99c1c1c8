// `npm run torture -- --report`: writes what results.ndjson says into docs/reliability.md, between two marks,
// so that no figure there is typed by hand. A test holds the page against the results.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reported } from './report-page.ts'
import { readResults } from './summary.ts'

const page = join(import.meta.dirname, '../../docs/reliability.md')
const lines = readResults(join(import.meta.dirname, 'results.ndjson'))
writeFileSync(page, reported(readFileSync(page, 'utf8'), lines))
