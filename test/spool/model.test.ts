// Random sequences of operations on a spool and on a plain model of it: after each step both say the same,
// and at the end the counters kept in memory are what SQL counts in the file.

import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { Spool } from '../../src/spool/spool.ts'
import type { Chunk, ChunkRange, DeadLetter, StreamId } from '../../src/spool/types.ts'
import { type SeededRandom, seededRandom } from './support/seeded-random.ts'
import { SpoolModel } from './support/spool-model.ts'
import { openedSpool, temporarySpoolPath } from './support/temporary-spool.ts'

const bounds = { maxBytes: 400_000, maxDeadLetterBytes: 2_000 }
const steps = 120
const minuteNs = 60_000_000_000n

type Bench = {
  readonly path: string
  readonly random: SeededRandom
  readonly model: SpoolModel
  readonly streams: readonly StreamId[]
  spool: Spool
  nowNs: bigint
  held: ChunkRange | undefined
  runs: number
}

function benchOf(seed: number): Bench {
  const path = temporarySpoolPath()
  const spool = openedSpool(path, bounds)
  const model = new SpoolModel(bounds)
  const streams = (['rows', 'rows', 'runs'] as const).map((kind, index) => {
    const stream = spool.streamOf(`{n="${index}"}`, kind)
    model.addStream(stream, kind)
    return stream
  })
  return {
    path,
    random: seededRandom(seed),
    model,
    streams,
    spool,
    nowNs: minuteNs,
    held: undefined,
    runs: 0,
  }
}

function randomStream({ random, streams }: Bench): StreamId {
  return streams[random.between(0, streams.length - 1)] ?? 0
}

/** Mostly small, later than the one before; sometimes large, long after, or of a clock that was set back. */
function randomChunk(bench: Bench): Chunk {
  const { random } = bench
  if (random.chance(0.1)) bench.nowNs += 10n * minuteNs
  if (random.chance(0.05)) bench.nowNs -= 30n * minuteNs
  bench.nowNs += 1_000n
  const entries = random.between(1, 50)
  const body = new Uint8Array(random.chance(0.1) ? 90_000 : random.between(1, 20_000))
  body.fill(random.between(0, 255))
  return { stream: randomStream(bench), body, entries, firstNs: bench.nowNs, lastNs: bench.nowNs + 10n }
}

function randomChunks(bench: Bench, most: number): Chunk[] {
  return Array.from({ length: bench.random.between(0, most) }, () => randomChunk(bench))
}

/** One step on both: what the spool said, and what the model says. */
type Compared = readonly [said: unknown, expected: unknown]

const operations = {
  stage(bench: Bench): Compared {
    const chunk = randomChunk(bench)
    return [bench.spool.stage(chunk), bench.model.stage(chunk)]
  },
  commit(bench: Bench): Compared {
    const chunks = randomChunks(bench, 3)
    bench.runs += 1
    const last = new Map(chunks.map(({ stream, lastNs }) => [stream, lastNs]))
    return [bench.spool.commitRun({ chunks, last, lastRunMs: bench.runs }), bench.model.commit(chunks)]
  },
  discard({ spool, model }: Bench): Compared {
    return [spool.discardStaged(), model.discardStaged()]
  },
  take(bench: Bench): Compared {
    if (bench.held !== undefined) return [undefined, undefined]
    const stream = randomStream(bench)
    const notAfterNs = bench.random.chance(0.8) ? 2n ** 62n : bench.nowNs - 5n * minuteNs
    bench.held = bench.spool.nextRange(stream, { notAfterNs })
    const expected = Buffer.concat(bench.model.take(stream, notAfterNs).map(({ body }) => body))
    const read = bench.held === undefined ? Buffer.alloc(0) : Buffer.from(bench.spool.read(bench.held))
    return [read.toString('base64'), expected.toString('base64')]
  },
  release(bench: Bench): Compared {
    if (bench.held !== undefined) bench.spool.release(bench.held)
    bench.held = undefined
    return [undefined, bench.model.release()]
  },
  settle(bench: Bench): Compared {
    if (bench.held === undefined) return [undefined, undefined]
    const sizes = Array.from({ length: bench.random.between(0, 3) }, () => bench.random.between(1, 700))
    const dead = sizes.map((size): DeadLetter => ({ entry: new Uint8Array(size), reason: 'other', said: '' }))
    const restamped = bench.random.chance(0.3) ? randomChunks(bench, 2) : []
    const { droppedDeadLetters } = bench.spool.settle(bench.held, { dead, restamped })
    bench.held = undefined
    return [droppedDeadLetters, bench.model.settle(sizes, restamped)]
  },
  evict({ spool, model, random }: Bench): Compared {
    const bytes = random.between(0, 50_000)
    return [spool.evict(bytes, 'spool_total'), model.evict(bytes, 'spool_total')]
  },
  reopen(bench: Bench): Compared {
    bench.spool.close()
    bench.spool = openedSpool(bench.path, bounds)
    bench.held = undefined
    bench.model.release()
    return [undefined, bench.model.discardStaged()]
  },
} as const

type Operation = keyof typeof operations

/** How often each operation comes, relative to the others. */
const weights: Readonly<Record<Operation, number>> = {
  stage: 4,
  commit: 3,
  take: 3,
  settle: 2,
  release: 1,
  discard: 1,
  evict: 1,
  reopen: 1,
}

const mix = Object.entries(weights).flatMap(([name, weight]) => Array<string>(weight).fill(name)) as [
  Operation,
] // the keys of weights

function stateOf({ spool, streams }: Bench) {
  return {
    backlogs: spool
      .backlogs()
      .map(({ stream, bytes, entries, oldestNs }) => ({ stream, bytes, entries, oldestNs })),
    bytes: spool.depth().bytes,
    deadLetters: spool.depth().deadLetters,
    isEmpty: spool.isEmpty,
    lastRunMs: spool.lastRunMs() ?? 0,
    lastNs: streams.map((stream) => spool.lastNs(stream)),
  }
}

function expectedStateOf({ model, streams, runs }: Bench) {
  return {
    backlogs: model.backlogs(),
    bytes: model.bytes(),
    deadLetters: model.deadLetters(),
    isEmpty: model.backlogs().length === 0,
    lastRunMs: runs,
    lastNs: streams.map((stream) => model.lastNs.get(stream)),
  }
}

function sqlTruthOf(path: string) {
  const database = new DatabaseSync(path, { readOnly: true })
  const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0)
  const truth = {
    bytes: number('select sum(length(body)) from visible_chunks'),
    rows: number('select sum(entries) from visible_chunks'),
    deadLetters: number('select count(*) from dead_letters'),
    droppedBytes: number(`select sum(bytes) from dropped where reason != 'dead_letters_full'`),
    integrity: database.prepare('pragma integrity_check').all(),
  }
  database.close()
  return truth
}

describe('a spool', () => {
  it.each([1, 2, 3, 4, 5, 6])('Q-7: does what its model does, seed %i', { timeout: 30_000 }, (seed) => {
    const bench = benchOf(seed)
    for (let step = 0; step < steps; step += 1) {
      const [said, expected] = operations[bench.random.pick(mix)](bench)
      expect(said).toEqual(expected)
      expect(stateOf(bench)).toEqual(expectedStateOf(bench))
    }
    const { bytes, rows, deadLetters } = bench.spool.depth()
    const droppedBytes = bench.model.dropped.bytes
    expect(sqlTruthOf(bench.path)).toEqual({
      bytes,
      rows,
      deadLetters,
      droppedBytes,
      integrity: [{ integrity_check: 'ok' }],
    })
  })
})
