import { expect, it } from 'vitest'
import { Change, Ledger } from '../../src/spool/ledger.ts'

const state = {
  labels: '{job="locks"}',
  kind: 'rows',
  lastNs: 0n,
  bytes: 7,
  entries: 1,
  oldestNs: 1n,
} as const

function applied(...changes: readonly ((change: Change) => void)[]): Ledger {
  const ledger = new Ledger()
  ledger.addStream(1, { ...state })
  for (const work of changes) {
    const change = new Change()
    work(change)
    ledger.apply(change, new Map([[1, 1n]]))
  }
  return ledger
}

it('D-20: counts all that was added since the start, whatever left', () => {
  const ledger = applied(
    (change) => change.add(1, { entries: 2, bytes: 10 }),
    (change) => {
      change.add(1, { entries: 1, bytes: 5 })
      change.remove(1, { entries: 2, bytes: 12 })
    },
  )
  expect(ledger.backlogs()).toMatchObject([{ bytes: 10, entries: 2, appendedBytes: 15 }])
})

it('D-20: counts what was staged when its run commits', () => {
  const staged = new Change()
  staged.add(1, { entries: 2, bytes: 10 })
  const ledger = applied(
    (change) => change.addAll(staged),
    (change) => change.add(1, { entries: 1, bytes: 1 }),
  )
  expect(ledger.backlogs()).toMatchObject([{ bytes: 18, appendedBytes: 11 }])
})
