import { describe, expect, it } from 'vitest'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { maxChunkBytes } from '../../src/spool/types.ts'
import { Freezer, singleEntryChunk } from '../../src/worker/freeze.ts'
import { seededRandom } from '../spool/support/seeded-random.ts'

const metadata = [['run_id', 'tabc121x9z']] as const
const startNs = 1_767_323_045_000_000_000n

type Frozen = {
  readonly body: Buffer
  readonly entries: number
  readonly firstNs: bigint
  readonly lastNs: bigint
}

function freezer() {
  const chunks: Frozen[] = []
  let begun = 0
  const keep = (chunk: Omit<Frozen, 'body'> & { body: Uint8Array }) =>
    void chunks.push({ ...chunk, body: Buffer.from(chunk.body) })
  const frozen = new Freezer({
    codec: lokiCodec,
    stream: 1,
    onChunk: keep,
    begin: () => {
      begun += 1
      return { atNs: startNs, metadata }
    },
  })
  const finish = () => {
    const rest = frozen.finish()
    if (rest !== undefined) keep(rest)
  }
  return { frozen, chunks, finish, begun: () => begun }
}

const lineOf = (sizeBytes: number) => Buffer.alloc(sizeBytes + 1, 'x').fill('\n', sizeBytes)

/** What an entry weighs beside its line. */
const overheadBytes = lokiCodec.encoderOf(metadata).maxEncodedBytes(0)

function linesOf(chunks: readonly Frozen[]) {
  return chunks.flatMap(({ body }) =>
    lokiCodec.entriesOf(body).map(({ start, end }) => lokiCodec.decode(body.subarray(start, end))),
  )
}

describe('chunks', () => {
  it('are cut at 192 KiB: what fits exactly makes one, a byte more makes two', () => {
    const half = maxChunkBytes / 2
    const [alone, exact, over] = [freezer(), freezer(), freezer()]
    alone.frozen.add(lineOf(half))
    alone.finish()
    // The first of both is counted by what it weighs, the second by the most that it could.
    const rest = maxChunkBytes - (alone.chunks[0]?.body.length ?? 0) - overheadBytes
    exact.frozen.add(Buffer.concat([lineOf(half), lineOf(rest)]))
    exact.finish()
    over.frozen.add(Buffer.concat([lineOf(half), lineOf(rest + 1)]))
    over.finish()
    expect(exact.chunks.map(({ entries }) => entries)).toEqual([2])
    expect(over.chunks.map(({ entries }) => entries)).toEqual([1, 1])
  })

  it('hold a line of 256 KiB alone, whatever comes before and after it', () => {
    const { frozen, chunks, finish } = freezer()
    frozen.add(Buffer.concat([lineOf(10), lineOf(256 * 1024), lineOf(10), lineOf(10)]))
    finish()
    expect(chunks.map(({ entries }) => entries)).toEqual([1, 1, 2])
    expect(linesOf(chunks).map(({ line }) => line.length)).toEqual([10, 256 * 1024, 10, 10])
  })

  it('concatenate to all lines in order, whatever their sizes and blocks', () => {
    const random = seededRandom(99)
    for (let round = 0; round < 20; round += 1) {
      const { frozen, chunks, finish } = freezer()
      const sizes = Array.from({ length: random.between(1, 300) }, () =>
        random.chance(0.02) ? random.between(100_000, 260_000) : random.between(0, 3_000),
      )
      for (let from = 0; from < sizes.length; ) {
        const to = from + random.between(1, 40)
        frozen.add(Buffer.concat(sizes.slice(from, to).map(lineOf)))
        from = to
      }
      finish()
      const found = linesOf(chunks)
      expect(found.map(({ line }) => line.length)).toEqual(sizes)
      expect(found.map(({ atNs }) => Number(atNs - startNs))).toEqual(sizes.map((_, index) => index))
      const many = chunks.filter(({ entries }) => entries > 1)
      expect(many.every(({ body }) => body.length <= maxChunkBytes)).toBe(true)
    }
  })

  it('tell the times of their first and last entry', () => {
    const { frozen, chunks, finish } = freezer()
    frozen.add(Buffer.concat([lineOf(100_000), lineOf(50_000), lineOf(100_000)]))
    finish()
    expect(chunks.map(({ firstNs, lastNs }) => [firstNs - startNs, lastNs - startNs])).toEqual([
      [0n, 1n],
      [2n, 2n],
    ])
    expect(frozen.lastNs - startNs).toBe(2n)
  })
})

describe('a freezer', () => {
  it('asks for time and metadata once a run, at its first line', () => {
    const { frozen, begun } = freezer()
    frozen.reset()
    expect(begun()).toBe(0)
    for (let line = 0; line < 3; line += 1) frozen.add(lineOf(5))
    expect(begun()).toBe(1)
    frozen.reset()
    frozen.add(lineOf(5))
    expect(begun()).toBe(2)
  })

  it('begins anew after a reset', () => {
    const { frozen, chunks, finish } = freezer()
    frozen.add(lineOf(5))
    frozen.reset()
    expect([frozen.rows, frozen.lastNs, frozen.finish()]).toEqual([0, 0n, undefined])
    frozen.add(lineOf(7))
    finish()
    expect(linesOf(chunks).map(({ line }) => line.length)).toEqual([7])
  })

  it('takes no half line', () => {
    expect(() => freezer().frozen.add(Buffer.from('{"a":1}\n{"a"'))).toThrow('a line without its end')
  })
})

it('a chunk of one entry is that entry', () => {
  const line = Buffer.from('{"status":"ok"}')
  const chunk = singleEntryChunk(lokiCodec, 7, { atNs: 5n, metadata, line })
  expect(chunk).toMatchObject({ stream: 7, entries: 1, firstNs: 5n, lastNs: 5n })
  expect(lokiCodec.decode(chunk.body)).toEqual({ atNs: 5n, line: '{"status":"ok"}', metadata })
})
