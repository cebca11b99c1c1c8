import { expect, it } from 'vitest'
import { tableLines } from '../../../src/cli/commands/table.ts'

it('gives each column the width of its widest cell, and puts numbers to the right', () => {
  expect(
    tableLines(
      ['METRIC', 'ROWS', 'WHY'],
      [
        ['locks', '1,200', '-'],
        ['license_info', '7', 'too_old'],
      ],
    ),
  ).toEqual(['METRIC        ROWS   WHY', 'locks         1,200  -', 'license_info      7  too_old'])
})
