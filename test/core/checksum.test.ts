import { expect, it } from 'vitest'
import { checksumOf } from '../../src/core/checksum.ts'

it.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('the checksum of %j is the one that xxHash32 is published with', (text, checksum) => {
  expect(checksumOf(Buffer.from(text))).toBe(checksum)
})

it('tells any changed byte, whatever the length, and does not depend on where the bytes lie', () => {
  for (let length = 1; length <= 40; length += 1) {
    const bytes = Uint8Array.from({ length: length + 1 }, (_, index) => index * 37)
    const text = bytes.subarray(1)
    const checksum = checksumOf(text)
    expect(checksumOf(Uint8Array.from(text))).toBe(checksum)
    for (let index = 0; index < length; index += 1) {
      const changed = Uint8Array.from(text)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(checksumOf(changed)).not.toBe(checksum)
    }
  }
})
