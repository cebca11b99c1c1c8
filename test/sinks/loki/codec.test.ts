import { uncompressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import type { Metadata } from '../../../src/core/sink.ts'
import { countedBytesOf, lokiCodec } from '../../../src/sinks/loki/codec.ts'
import { createPushEncoder, emptyPushBody } from '../../../src/sinks/loki/push-body.ts'
import { pushOf } from '../../support/entries.ts'
import { decodeProtobuf } from '../../../src/demo/receiver/protobuf.ts'
import { type Random, randomOf } from '../../support/random.ts'

const atNs = 1_795_642_865_620_000_001n

describe('an encoded entry', () => {
  it('has the bytes of the push format', () => {
    const bytes = encoded(3_000_000_005n, 'hi', [['a', 'bc']])
    expect(Buffer.from(bytes).toString('hex')).toBe(
      // entry, timestamp { 3 s, 5 ns }, line "hi", metadata { "a": "bc" }
      ['1213', '0a04', '0803', '1005', '12026869', '1a07', '0a0161', '12026263'].join(''),
    )
  })

  it('fits into what maxEncodedBytes says, for lines of every length of a length', () => {
    for (const lineBytes of [0, 1, 127, 128, 16_383, 16_384, 262_144, 2_097_152]) {
      const encoder = lokiCodec.encoderOf([['name', 'value']])
      const out = new Uint8Array(encoder.maxEncodedBytes(lineBytes) + 8)
      const end = encoder.encode(atNs, new Uint8Array(lineBytes), out, 8)
      expect(end).toBeLessThanOrEqual(out.length)
      expect(lokiCodec.entriesOf(out.subarray(8, end))).toEqual([{ atNs, start: 0, end: end - 8 }])
    }
  })

  it('keeps every nanosecond, also across seconds and backwards', () => {
    const encoder = lokiCodec.encoderOf([])
    const times = [
      999_999_999n,
      1_000_000_000n,
      999_999_998n,
      0n,
      atNs,
      atNs + 1n,
      5_000_000_000n * 1_000_000_000n,
    ]
    for (const time of times) {
      const out = new Uint8Array(encoder.maxEncodedBytes(1))
      const end = encoder.encode(time, Buffer.from('x'), out, 0)
      expect(lokiCodec.decode(out.subarray(0, end)).atNs).toBe(time)
    }
  })

  it('has U+FFFD in place of half a surrogate pair in metadata', () => {
    const { metadata } = lokiCodec.decode(encoded(atNs, 'x', [['name', 'a\ud800b']]))
    expect(metadata).toEqual([['name', 'a\ufffdb']])
  })

  it('is the same for equal input: a retry sends equal bytes', () => {
    expect(encoded(atNs, 'x', [['a', 'b']])).toEqual(encoded(atNs, 'x', [['a', 'b']]))
  })

  it('reads back from a chunk as it went in, for random lines, times and metadata', () => {
    const random = randomOf(20_261_125)
    for (let round = 0; round < 50; round += 1) {
      const metadata: Metadata = Array.from({ length: random.below(4) }, () => [
        `name${random.below(100)}`,
        textOf(random),
      ])
      const lines = Array.from({ length: random.below(30) }, (_, index) => ({
        atNs: atNs + BigInt(index) * BigInt(random.below(2_000_000_000)),
        line: textOf(random),
        metadata,
      }))
      const { entries } = pushOf({}, lines)
      const read = lokiCodec
        .entriesOf(entries)
        .map(({ start, end }) => lokiCodec.decode(entries.subarray(start, end)))
      expect(read).toEqual(lines)
      const [stream] = decodeProtobuf(
        createPushEncoder().encode({ stream: '{a="b"}', entries, count: lines.length }),
      )
      expect(stream?.entries.map(({ atNs, line, metadata }) => ({ atNs, line, metadata }))).toEqual(lines)
    }
  })

  it('is reported as damaged where bytes are missing or are none of an entry', () => {
    const entry = encoded(atNs, 'a line', [['a', 'b']])
    for (const cut of [entry.subarray(0, 5), entry.subarray(0, entry.length - 1), Buffer.from('text')]) {
      expect(() => lokiCodec.entriesOf(cut)).toThrow(/damaged at byte \d+/)
    }
  })
})

describe('restamp', () => {
  it('moves an entry to another time and adds to its metadata', () => {
    const entry = encoded(atNs, 'line', [['run_id', 'x']])
    const moved = lokiCodec.restamp(entry, atNs + 7n, [['ts_original', String(atNs)]])
    expect(lokiCodec.decode(moved)).toEqual({
      atNs: atNs + 7n,
      line: 'line',
      metadata: [
        ['run_id', 'x'],
        ['ts_original', String(atNs)],
      ],
    })
    expect(lokiCodec.entriesOf(moved)).toHaveLength(1)
  })

  it('keeps a line whose bytes are no UTF-8', () => {
    const line = Uint8Array.of(0xff, 0xfe)
    const encoder = lokiCodec.encoderOf([])
    const out = new Uint8Array(encoder.maxEncodedBytes(line.length))
    const entry = out.subarray(0, encoder.encode(atNs, line, out, 0))
    expect(lokiCodec.restamp(entry, atNs, [])).toEqual(entry)
  })
})

describe('withoutMetadata', () => {
  it('keeps time and line, and equals what was encoded without', () => {
    const entry = encoded(atNs, 'line', [['run_id', 'x']])
    expect(Buffer.from(lokiCodec.withoutMetadata(entry))).toEqual(Buffer.from(encoded(atNs, 'line', [])))
  })
})

describe('streamOf', () => {
  it('sorts names and leaves out empty values, so that equal sets give equal text', () => {
    expect(lokiCodec.streamOf({ job: 'locks', database: 'db', env: '' })).toBe('{database="db", job="locks"}')
    expect(lokiCodec.streamOf({ database: 'db', job: 'locks' })).toBe('{database="db", job="locks"}')
    expect(lokiCodec.streamOf({})).toBe('{}')
  })

  it('escapes what would end or break a quoted value, and nothing else', () => {
    expect(lokiCodec.streamOf({ a: 'q" b\\ n\n t\t nul\0 del\u007f é😀' })).toBe(
      '{a="q\\" b\\\\ n\\n t\\x09 nul\\x00 del\\x7f é😀"}',
    )
  })

  it('puts U+FFFD in place of half a surrogate pair', () => {
    expect(lokiCodec.streamOf({ a: 'x\udc00' })).toBe('{a="x\ufffd"}')
  })
})

describe('a push body', () => {
  it('is one stream around the entries, byte for byte', () => {
    const push = pushOf({ job: 'x' }, [{ atNs, line: 'y'.repeat(300) }])
    const message = uncompressSync(createPushEncoder().encode(push))
    const labels = Buffer.from('{job="x"}')
    expect(Buffer.from(message).subarray(-push.entries.length)).toEqual(Buffer.from(push.entries))
    expect(Buffer.from(message).subarray(3, 5 + labels.length)).toEqual(
      Buffer.concat([Buffer.of(0x0a, labels.length), labels]),
    )
  })

  it('is not touched by those after it, larger or smaller', () => {
    const encoder = createPushEncoder()
    const pushes = ['a'.repeat(10), 'b'.repeat(1_000), 'c', 'd'.repeat(500)].map((line) => {
      return pushOf({ job: line.slice(0, 3) }, [{ atNs, line }])
    })
    const bodies = pushes.map((push) => encoder.encode(push))
    const lines = bodies.flatMap((body) => decodeProtobuf(body)).map(({ entries }) => entries[0]?.line)
    expect(lines).toEqual(['a'.repeat(10), 'b'.repeat(1_000), 'c', 'd'.repeat(500)])
  })

  it('may hold no stream at all, to ask who may push', () => {
    expect(decodeProtobuf(emptyPushBody())).toEqual([])
  })
})

describe('what a rate limit counts', () => {
  it('is lines and metadata, in bytes, of all entries', () => {
    const metadata: Metadata = [
      ['run_id', 'a1'],
      ['name', 'é'],
    ]
    const { entries } = pushOf({ job: 'x' }, [
      { atNs, line: 'four', metadata },
      { atNs: atNs + 1n, line: '中', metadata: [] },
    ])
    expect(countedBytesOf(entries)).toBe(4 + (6 + 2) + (4 + 2) + 3)
  })

  it('is all there is where entries are damaged', () => {
    const bytes = encoded(atNs, 'a line', []).subarray(0, -1)
    expect(countedBytesOf(bytes)).toBe(bytes.length)
  })
})

function encoded(time: bigint, line: string, metadata: Metadata): Uint8Array {
  return pushOf({}, [{ atNs: time, line, metadata }]).entries
}

function textOf(random: Random): string {
  const alphabet = ['a', 'é', '中', '😀', '"', '\\', '\n', '\0', ' ']
  return Array.from({ length: random.below(300) }, () => random.pick(alphabet)).join('')
}
