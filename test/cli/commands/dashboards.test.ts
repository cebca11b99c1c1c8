import { expect, it } from 'vitest'
import { dashboards } from '../../../src/cli/commands/dashboards.ts'
import { resolve } from '../surroundings.ts'

it('does nothing without a folder to write into', async () => {
  const resolved = resolve([])
  if (resolved.kind === 'faulty') throw new Error(JSON.stringify(resolved.faults))
  const invocation = { ...resolved, version: '1.2.3', metrics: [] }
  await expect(dashboards(invocation)).rejects.toMatchObject({
    report: { code: 'flag_invalid', message: expect.stringContaining('--out') },
  })
})
