// Compiles src/ of a checkout, or of a copy of one, into dist/ beside it. The page's files run in browsers as
// they are. Called by build.mjs and by the torture harness.

import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { run, toolEnvironment } from './steps.mjs'

/** @param {string} directory holds src/ and tsconfig.build.json */
export async function compile(directory) {
  await run('tsc', ['-p', 'tsconfig.build.json'], { cwd: directory, env: toolEnvironment() })
  const page = join('web', 'page')
  const source = join(directory, 'src', page)
  if (!existsSync(source)) return // a commit of before the page
  const isForBrowsers = (path) => !path.endsWith('tsconfig.json')
  cpSync(source, join(directory, 'dist', page), { recursive: true, filter: isForBrowsers })
}
