// What every Loki, the fake included, tells of entries that may be stored already.

import { expect, it } from 'vitest'
import type { Lookup } from '../../src/core/sink.ts'
import { type Line, linesFrom, pushOf } from '../support/entries.ts'
import { hourNs, kindOf, minuteNs, nowNs, signal, streamLabels, type Subject } from './sink-subject.ts'

const metadata = [['run_id', 'r"1']] as const

export function lookups(subject: Subject): void {
  it('D-22: tells what is stored of a push, and what is not', async () => {
    const labels = { ...streamLabels(), quoted: 'a "b" \\ \n é' }
    const [a, b, c, d] = linesFrom(nowNs(), ['a', 'b\n"', 'c', 'd'], metadata)
    expect(await kindOf(subject, pushOf(labels, present(a, c)))).toBe('delivered')
    expect(await lookUp(subject, labels, present(a, b, c, d))).toEqual(known([0, 2], [1, 3]))
  })

  it('knows an entry by its line and its metadata too', async () => {
    const labels = streamLabels()
    const atNs = nowNs()
    await kindOf(subject, pushOf(labels, linesFrom(atNs, ['mine', 'mine'], [['run_id', 'other']])))
    const lines = [
      { atNs, line: 'mine', metadata },
      { atNs: atNs + 1n, line: 'other', metadata },
    ]
    expect(await lookUp(subject, labels, lines)).toEqual(known([], []))
  })

  it('knows nothing of a stream that it does not have, but that', async () => {
    expect(await lookUp(subject, streamLabels(), linesFrom(nowNs(), ['a']))).toEqual(known([], [0]))
  })

  it('finds what is stored in 9 minutes, and has nothing in 12', async () => {
    const labels = streamLabels()
    const ahead = linesFrom(nowNs() + 9n * minuteNs, ['ahead'])
    const tooNew = linesFrom(nowNs() + 12n * minuteNs, ['too new'])
    expect(await kindOf(subject, pushOf(labels, ahead))).toBe('delivered')
    expect(await lookUp(subject, labels, [...ahead, ...tooNew])).toEqual(known([0], [1]))
  })

  it('does not say of what is older than two hours that it is absent', async () => {
    const [old, young] = [nowNs() - 2n * hourNs - minuteNs, nowNs() - 2n * hourNs + minuteNs]
    const lines = [...linesFrom(old, ['old']), ...linesFrom(young, ['young'])]
    expect(await lookUp(subject, streamLabels(), lines)).toEqual(known([], [1]))
  })

  it('finds the entries of a whole push, page by page', async () => {
    const labels = streamLabels()
    const lines = linesFrom(
      nowNs(),
      Array.from({ length: 2_001 }, (_, index) => `line ${index}`),
      metadata,
    )
    expect(await kindOf(subject, pushOf(labels, lines.slice(0, 2_000)))).toBe('delivered')
    const all = Array.from({ length: 2_000 }, (_, index) => index)
    expect(await lookUp(subject, labels, lines)).toEqual(known(all, [2_000]))
  })
}

async function lookUp(
  { sink }: Subject,
  labels: Readonly<Record<string, string>>,
  lines: readonly Line[],
): Promise<Lookup | undefined> {
  return sink.lookUp?.(pushOf(labels, lines), signal)
}

function known(stored: readonly number[], absent: readonly number[]): Lookup {
  return { kind: 'known', stored, absent }
}

function present(...lines: readonly (Line | undefined)[]): Line[] {
  return lines.filter((line) => line !== undefined)
}
