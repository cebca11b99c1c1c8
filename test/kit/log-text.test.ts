import { prettyFactory } from 'pino-pretty'
import { describe, expect, it } from 'vitest'
import { jsonForm, oneLine, prettyFormOf } from '../../src/kit/log-text.ts'

const pretty = prettyFormOf(prettyFactory, false)

describe('the pretty form', () => {
  it('is local time, level, metric and message', () => {
    const time = new Date(2026, 0, 2, 3, 4, 5, 67).toISOString()
    expect(
      pretty(`${JSON.stringify({ level: 'info', time, metric: 'show_locks', rows: 2, msg: '0 rows' })}\n`),
    ).toBe('2026-01-02 03:04:05.067 | INFO     | show_locks - 0 rows\n')
    expect(pretty(`${JSON.stringify({ level: 'error', time, msg: 'Loki is lost' })}\n`)).toBe(
      '2026-01-02 03:04:05.067 | ERROR    | rowtail - Loki is lost\n',
    )
  })

  it('has no fields before the time, whatever they are called', () => {
    const record = {
      level: 'info',
      time: '2026-01-02T03:04:05Z',
      pid: 7,
      name: 'a',
      hostname: 'b',
      caller: 'c',
    }
    expect(pretty(`${JSON.stringify({ ...record, msg: 'x' })}\n`)).toMatch(/^2026-01-0\d .*- x\n$/)
  })

  it('paints the level alone', () => {
    const painted = prettyFormOf(prettyFactory, true)
    const time = new Date(2026, 0, 2, 3, 4, 5, 67).toISOString()
    expect(painted(`${JSON.stringify({ level: 'warn', time, msg: 'hot' })}\n`)).toBe(
      '2026-01-02 03:04:05.067 | \u001b[33mWARN    \u001b[39m | rowtail - hot\n',
    )
  })

  it('keeps the words of a driver in one line and its control characters harmless', () => {
    const msg = 'a\r\nb\nc\u001b[2J\u202ed\u0085e\u0000'
    const line = pretty(`${JSON.stringify({ level: 'warn', time: '2026-01-02T03:04:05Z', msg })}\n`)
    expect(line.split('\n')).toHaveLength(2)
    expect(line).toContain(' - a ⏎ b ⏎ c\\u001b[2J\\u202ed ⏎ e\\u0000\n')
  })
})

describe('the JSON form', () => {
  it('escapes what a terminal would obey, and means the same', () => {
    const record = { level: 'warn', msg: 'tab\there \u009b2J \u202e \u2028 \u007f é 😀', said: 'a\nb' }
    const line = jsonForm(`${JSON.stringify(record)}\n`)
    expect(line.endsWith('\n')).toBe(true)
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
    expect(JSON.parse(line)).toEqual(record)
  })
})

describe('a text in one line', () => {
  it('loses the break at its end and keeps ordinary characters', () => {
    expect(oneLine('größe 😀 100%\n')).toBe('größe 😀 100%')
    expect(oneLine('a\tb')).toBe('a b')
  })
})
