// The file of a thread or process of ours, beside the caller: `.ts` where the sources run directly, `.js`
// when built.

import { fileURLToPath } from 'node:url'

/** `module` is relative to the caller and has no extension; `caller` is its import.meta.url. */
export function entryPoint(module: string, caller: string): string {
  const extension = new URL(caller).pathname.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(`${module}${extension}`, caller))
}
