// A hundred quick restarts on one state directory: what is left of them, counted.

import { randomOf } from '../../support/random.ts'
import { restartStorm } from '../restart-storm.ts'
import type { Extent, Measured } from './figures.ts'
import { onStage } from './stage.ts'

const seed = 4

export async function measureStorms({ isShort }: Extent): Promise<Measured> {
  const restarts = isShort ? 10 : 100
  const begunMs = performance.now()
  const after = await onStage(({ postgres, loki }) =>
    restartStorm({ postgres, loki, restarts, random: randomOf(seed) }),
  )
  const seconds = (performance.now() - begunMs) / 1_000
  const none = { bound: { most: 0 } }
  const { findings } = after
  for (const { kind, what } of findings) process.stdout.write(`  ${kind}: ${what.slice(0, 300)}\n`)
  const rowFindings = findings.filter(({ kind }) => kind === 'lost' || kind === 'twice')
  return {
    what:
      'SIGTERM, SIGKILL of rowtail, SIGKILL of all its processes by turns, at a random moment of the first ' +
      '1.2 s. After each end no process may be left; at the end comes the ledger of the torture harness.',
    figures: [
      { name: 'restarts', value: restarts, unit: 'count' },
      { name: 'of which it got ready in', value: after.ready, unit: 'count' },
      { name: 'rows in Loki', value: after.rows, unit: 'count', bound: { least: 1 } },
      { name: 'rows lost or twice', value: rowFindings.length, unit: 'count', ...none },
      {
        name: 'other findings, processes left behind among them',
        value: findings.length - rowFindings.length,
        unit: 'count',
        ...none,
      },
      { name: 'directories of sockets left', value: after.sockets.length, unit: 'count', ...none },
      { name: 'lasted', value: seconds, unit: 's' },
    ],
  }
}
