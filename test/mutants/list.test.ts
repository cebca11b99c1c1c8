// Mutants are edits of the sources: a change of these must not leave one that breaks nothing. That each is
// caught, `npm run mutants -- --unit` and `-- --loki` show.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { unitMutants } from './list.ts'
import { mutantsOfLimits } from './mutants-of-limits.ts'
import { mutated } from './mutant.ts'

describe('a mutant of the sources', () => {
  it.each([...unitMutants, ...mutantsOfLimits])(
    'of $file fits in one place, and its test is there: $breaks',
    (mutant) => {
      const source = readFileSync(mutant.file, 'utf8')
      expect(mutated(source, mutant)).not.toBe(source)
      const { rule, test } = mutant
      expect(existsSync(test)).toBe(true)
      expect(rule === undefined || readFileSync(test, 'utf8').includes(`${rule}: `)).toBe(true)
    },
  )

  it('is told where it fits no more, or in two places', () => {
    const edit = { file: 'src/a.ts', from: 'x', to: 'y' }
    expect(() => mutated('a', edit)).toThrow('0 places in src/a.ts read x')
    expect(() => mutated('x x', edit)).toThrow('2 places')
    expect(mutated('a x', edit)).toBe('a y')
  })
})
