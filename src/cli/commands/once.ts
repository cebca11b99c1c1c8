// The command `once`.

import type { Invocation } from '../program.ts'

export async function once(invocation: Invocation): Promise<number> {
  throw new Error(`once is not built yet: ${invocation.settings.target.name}`)
}
