import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readText } from '../../src/config/read-text.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rowtail-read-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function read(content: string | Uint8Array, maxBytes = 1_000) {
  const path = join(directory, 'file')
  writeFileSync(path, content)
  return readText(path, maxBytes)
}

describe('a small text file', () => {
  it('is read whole at its bound, and refused one byte beyond', () => {
    expect(read('x'.repeat(10), 10)).toEqual({ kind: 'text', text: 'x'.repeat(10) })
    expect(read('x'.repeat(11), 10)).toMatchObject({ kind: 'unreadable', reason: 'too_large' })
  })

  it('loses its UTF-8 byte order mark and nothing else', () => {
    expect(read('\ufeffa\ufeffb')).toEqual({ kind: 'text', text: 'a\ufeffb' })
  })

  it('may be empty', () => {
    expect(read('')).toEqual({ kind: 'text', text: '' })
  })

  it('may be reached by a link', () => {
    writeFileSync(join(directory, 'real'), 'text')
    symlinkSync('real', join(directory, 'link'))
    expect(readText(join(directory, 'link'), 10)).toEqual({ kind: 'text', text: 'text' })
  })

  it('is missing behind a file that is no directory', () => {
    writeFileSync(join(directory, 'file'), '')
    expect(readText(join(directory, 'file', 'below'), 10)).toMatchObject({ reason: 'missing' })
  })
})

describe('a file that is no UTF-8', () => {
  it('is told the first bad byte and its place, behind characters of several bytes', () => {
    const bytes = Buffer.concat([
      Buffer.from('é😀\r\n€ '),
      Buffer.from([0xfc]),
      Buffer.from('ber\xff', 'latin1'),
    ])
    expect(read(bytes)).toEqual({
      kind: 'not_utf8',
      problem: 'holds the byte 0xfc, which is no UTF-8',
      place: { line: 2, column: 3 },
      hint: 'In Latin-1 that is "ü". Save the file as UTF-8 in your editor.',
    })
  })

  it('may hold the replacement character, which is no fault', () => {
    const bytes = Buffer.concat([Buffer.from('\ufeff\ufffd'), Buffer.from([0xe9])])
    expect(read(bytes)).toMatchObject({ kind: 'not_utf8', place: { line: 1, column: 2 } })
    expect(read('a\ufffd')).toEqual({ kind: 'text', text: 'a\ufffd' })
  })

  it('may end in the middle of a character', () => {
    expect(read(Buffer.from('€').subarray(0, 2))).toMatchObject({
      kind: 'not_utf8',
      place: { line: 1, column: 1 },
    })
  })

  it.each(['utf16le', 'utf16be'])('is recognised as UTF-16: %s', (encoding) => {
    const bytes = Buffer.from('\ufeff{}', 'utf16le')
    expect(read(encoding === 'utf16le' ? bytes : bytes.swap16())).toMatchObject({
      kind: 'not_utf8',
      problem: 'is UTF-16 text, as its first two bytes say; expected UTF-8',
    })
  })
})
