import { describe, expect, it } from 'vitest'
import { shortenLine } from '../../../../src/sources/sql/cells/shorten.ts'

/** The line of these values with the place of each in it. */
function lineOf(values: readonly string[]) {
  const parts = values.map((value, index) => ({ key: `${index === 0 ? '{' : ','}"c${index}":`, value }))
  const cells: { start: number; end: number }[] = []
  let at = 0
  for (const { key, value } of parts) {
    const start = at + Buffer.byteLength(key)
    at = start + Buffer.byteLength(value)
    cells.push({ start, end: at })
  }
  return { line: Buffer.from(`${parts.map(({ key, value }) => key + value).join('')}}`), cells }
}

function shorten(values: readonly string[], maxBytes: number) {
  const { line, cells } = lineOf(values)
  const result = shortenLine(line, cells, maxBytes)
  const row: unknown = JSON.parse(result.line.toString('utf8'))
  return { ...result, row }
}

describe('shortenLine', () => {
  it('cuts the longest strings to one length and leaves the others', () => {
    const values = ['"short"', JSON.stringify('x'.repeat(500)), '123', JSON.stringify('y'.repeat(400))]
    const { line, row, shortened } = shorten(values, 200)
    expect(line.length).toBeLessThanOrEqual(200)
    expect(line.length).toBeGreaterThan(195)
    expect(shortened).toEqual([1, 3])
    expect(row).toEqual({
      c0: 'short',
      c1: expect.stringMatching(/^x{70,}…$/),
      c2: 123,
      c3: expect.stringMatching(/^y{70,}…$/),
    })
  })

  it.each(['é', '漢', '😀', '"', '\\', '\n', '\u0001', '\\"', 'a\\', '\u0001é'])(
    'cuts text of %j at a whole character, at whatever length',
    (piece) => {
      const value = JSON.stringify(piece.repeat(100))
      for (let maxBytes = 30; maxBytes < 80; maxBytes++) {
        const { line, row } = shorten([value, '1'], maxBytes)
        expect(line.length).toBeLessThanOrEqual(maxBytes)
        expect(line.length).toBeGreaterThan(maxBytes - 12)
        const { c0 } = row as { c0: string } // the line's first value is the text
        expect(piece.repeat(100).startsWith(c0.slice(0, -1))).toBe(true)
        expect(c0.isWellFormed()).toBe(true)
      }
    },
  )

  it('turns a number of thousands of digits into null', () => {
    const { row, shortened } = shorten(['9'.repeat(5_000), '"a"'], 200)
    expect(row).toEqual({ c0: null, c1: 'a' })
    expect(shortened).toEqual([0])
  })

  it('leaves a line alone whose names alone are too long', () => {
    const { row } = shorten(['"abc"', '1'], 10)
    expect(row).toEqual({ c0: 'abc', c1: 1 })
  })
})
