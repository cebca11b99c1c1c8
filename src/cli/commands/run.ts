// The command `run`.

import type { Invocation } from '../program.ts'

export async function run(invocation: Invocation): Promise<number> {
  throw new Error(`run is not built yet: ${invocation.settings.target.name}`)
}
