// Compiles src/ into dist/, from nothing: what was removed from src/ is gone from dist/ too. The page's files
// run in browsers as they are.

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { main, root, run, toolEnvironment } from './lib/steps.mjs'

await main(async () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  await run('tsc', ['-p', 'tsconfig.build.json'], { env: toolEnvironment() })
  const page = join('web', 'page')
  const isForBrowsers = (path) => !path.endsWith('tsconfig.json')
  cpSync(join(root, 'src', page), join(root, 'dist', page), { recursive: true, filter: isForBrowsers })
  return 0
})
