// rowtail's status, for works that read from it what nobody else can see.

import type { StatusSnapshot } from '../src/core/status.ts'
import type { Contestant } from './contender.ts'

export async function statusOf({ statusUrl }: Contestant): Promise<StatusSnapshot> {
  const response = await fetch(`${statusUrl}/api/status`)
  return (await response.json()) as StatusSnapshot // its own type
}
