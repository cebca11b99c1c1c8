import { describe, expect, it } from 'vitest'
import { LatestRows, maxLatestRowBytes } from '../../src/worker/latest-rows.ts'

const linesOf = (...texts: string[]) => Buffer.from(texts.map((text) => `${text}\n`).join(''))

function textsOf(...blocks: Buffer[]): string[] {
  const latest = new LatestRows()
  latest.begin()
  for (const block of blocks) latest.add(block)
  return latest.texts()
}

describe('the latest rows of a run', () => {
  it('are its last five, oldest first', () => {
    expect(textsOf(linesOf('a', 'b', 'c', 'd', 'e'))).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(textsOf(linesOf('a', 'b', 'c', 'd', 'e', 'f'))).toEqual(['b', 'c', 'd', 'e', 'f'])
  })

  it('go back into the blocks before', () => {
    expect(textsOf(linesOf('a', 'b', 'c', 'd'), linesOf('e'), linesOf('f', 'g'))).toEqual([
      'c',
      'd',
      'e',
      'f',
      'g',
    ])
  })

  it('are none of the run before', () => {
    const latest = new LatestRows()
    latest.add(linesOf('a'))
    latest.begin()
    expect(latest.texts()).toEqual([])
  })

  it('are copies: the buffer of the lines is used again', () => {
    const latest = new LatestRows()
    const block = linesOf('a')
    latest.add(block)
    block.fill('x')
    expect(latest.texts()).toEqual(['a'])
  })

  it('are whole up to 2 KiB, and cut beyond, between two characters', () => {
    const whole = 'x'.repeat(maxLatestRowBytes)
    expect(textsOf(linesOf(whole))).toEqual([whole])
    expect(textsOf(linesOf(`${whole}x`))).toEqual([`${whole}…`])
    const broken = `${'x'.repeat(maxLatestRowBytes - 1)}é`
    expect(textsOf(linesOf(broken))).toEqual([`${'x'.repeat(maxLatestRowBytes - 1)}…`])
  })
})
