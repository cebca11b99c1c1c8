import { describe, expect, it } from 'vitest'
import { createAccess } from '../../src/web/access.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('with a password, a reader is let in', () => {
  it.each([
    'Bearer correct-horse',
    'bearer   correct-horse',
    basic('anybody:correct-horse'),
    basic(':correct-horse'),
  ])('who says %s', (header) => {
    expect(createAccess('correct-horse')(header)).toBe(true)
  })

  it('whose password has a colon and is no ASCII', () => {
    expect(createAccess('päß:wörter')(basic('me:päß:wörter'))).toBe(true)
  })
})

describe('with a password, nobody is let in', () => {
  it.each([
    undefined,
    '',
    'correct-horse',
    'Bearer',
    'Bearer correct-horse2',
    'Bearer correct-hors',
    'Digest correct-horse',
    'Basic correct-horse',
    basic('correct-horse'),
    basic('correct-horse:'),
    `${basic('a:correct-horse')} ${basic('a:correct-horse')}`,
  ])('who says %s', (header) => {
    expect(createAccess('correct-horse')(header)).toBe(false)
  })
})

it('without a password everybody is let in', () => {
  expect(createAccess(undefined)(undefined)).toBe(true)
})
