import { expect, it } from 'vitest'
import { dynamicDoubt } from '../../../../src/sources/sql/cells/dynamic-types.ts'

const doubtOf = (text: string) => dynamicDoubt(Buffer.from(text))

it.each(['0.3', '-1.23456789012346e+19', '4.94065645841247e-324'])('%s may be a rounded number', (text) => {
  expect(doubtOf(text)).toBe('rounded')
})

it.each(["X'00FF'", "X''", `X'${'00'.repeat(1_000)}'`])('%s may be bytes', (text) => {
  expect(doubtOf(text)).toBe('unreadable')
})

it.each(['', '42', '1.2.3', '.5', 'v1.5', "X'", "x'00'", "X'zz'", '0.3 s', `1.${'0'.repeat(40)}x`])(
  '%s is a text',
  (text) => expect(doubtOf(text)).toBeUndefined(),
)
