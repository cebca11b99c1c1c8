// Random pushes, good and bad, sent byte for byte to the fake Loki and to the real one: both must answer each
// with the same words, and hold the same entries at the end. A difference is a defect of the fake.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Metadata, PushBody } from '../../src/core/sink.ts'
import { createPushEncoder } from '../../src/sinks/loki/push-body.ts'
import { type Line, pushOf } from '../support/entries.ts'
import { FakeLoki } from '../support/fake-loki.ts'
import { type Random, randomOf } from '../support/random.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { type LokiEntry, queryLoki } from '../support/servers/loki-client.ts'

type Schedule = { readonly random: Random; readonly nowNs: bigint; readonly job: string }

const secondNs = 1_000_000_000n
const minuteNs = 60n * secondNs
const hourNs = 60n * minuteNs
const pushes = 60

describe('the fake Loki and the real one', () => {
  const servers: { fake?: FakeLoki; real?: LokiServer } = {}
  beforeAll(async () => {
    servers.fake = await FakeLoki.start()
    servers.real = await LokiServer.start()
  })
  afterAll(async () => {
    await servers.fake?.stop()
    await servers.real?.remove()
  })

  it.each([1, 2, 3, 4, 5, 6])('agree on every answer and on what is stored: schedule %i', async (seed) => {
    const bases = [servers.fake?.baseUrl ?? '', servers.real?.baseUrl ?? '']
    const nowNs = (BigInt(Date.now()) / 1_000n) * secondNs
    const schedule = { random: randomOf(seed), nowNs, job: `agree-${seed}` }
    for (let index = 0; index < pushes; index += 1) {
      const body = createPushEncoder().encode(randomPush(schedule))
      const [fake, real] = await Promise.all(bases.map((baseUrl) => answerOf(baseUrl, body)))
      expect(fake, `push ${index}`).toEqual(real)
    }
    const [fake, real] = await Promise.all(bases.map((baseUrl) => stored(baseUrl, schedule)))
    expect(fake).toEqual(real)
    expect(fake?.length).toBeGreaterThan(pushes)
  })
})

/** Most are good; each kind of fault comes up, alone and beside others. */
function randomPush(schedule: Schedule): PushBody {
  const { random } = schedule
  const labels = { job: `${schedule.job}-${random.below(3)}` }
  const lines = Array.from({ length: 1 + random.below(25) }, () => randomLine(schedule))
  if (random.below(4) > 0) lines.sort((a, b) => Number(a.atNs - b.atNs))
  const push = pushOf(labels, lines)
  const faulty = [
    '{job="x", a-b="c"}',
    '{job="x"',
    '{job="x", a="1", a="2"}',
    `{job="x", long="${'v'.repeat(2_049)}"}`,
  ]
  return random.below(15) === 0 ? { ...push, stream: random.pick(faulty) } : push
}

function randomLine(schedule: Schedule): Line {
  const { random } = schedule
  const line = random.below(80) === 0 ? 'x'.repeat(262_144 + random.below(2)) : randomText(random)
  return { atNs: randomTime(schedule), line, metadata: randomMetadata(random) }
}

/** Far enough from the bounds that depend on the clock; exactly at the one that depends on the stream. */
function randomTime({ random, nowNs }: Schedule): bigint {
  const edge = random.pick([0n, -1n, 1n])
  const usual = [-30n * minuteNs, -5n * minuteNs, 0n].map(
    (start) => start - BigInt(random.below(90)) * secondNs,
  )
  const odd = [-8n * 24n * hourNs, -100n * minuteNs, -hourNs + edge, edge, 5n * minuteNs, 12n * minuteNs]
  return nowNs + (random.below(8) === 0 ? random.pick(odd) : random.pick(usual))
}

function randomMetadata(random: Random): Metadata {
  const name = random.pick(['run_id', 'a.b', '1st', 'level'])
  const usual: Metadata[] = [[], [['run_id', 'a']], [['detected_level', 'INFO']], [[name, 'wrn']]]
  if (random.below(150) === 0) return random.pick<Metadata>([[['', 'v']], [['.', 'v']]])
  if (random.below(60) === 0) return Array.from({ length: 129 }, (_, index) => [`name${index}`, 'v'])
  if (random.below(60) === 0) return [['name', 'v'.repeat(65_533)]]
  return random.pick(usual)
}

function randomText(random: Random): string {
  const texts = [
    '',
    'same',
    '{"level":"error","x":1}',
    '{"x":"debug: y"}',
    'WARN at start',
    'no level',
    '{broken',
    '😀',
  ]
  return `${random.pick(texts)}${random.below(3) === 0 ? String(random.below(50)) : ''}`
}

async function answerOf(baseUrl: string, body: Buffer): Promise<readonly [status: number, faults: string[]]> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const response = await fetch(`${baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers,
    body: Uint8Array.from(body),
  })
  return [response.status, faultsOf(await response.text())]
}

/** Loki lists groups in any order, and says by its own clock what would have been old enough. */
function faultsOf(text: string): string[] {
  const masked = text.trim().replace(/(too old: \S+, oldest acceptable timestamp is:) \S+?(?=;|$)/g, '$1 …')
  return masked.split(/; (?=\d+ errors like: )/).sort()
}

async function stored(baseUrl: string, { job, nowNs }: Schedule): Promise<LokiEntry[]> {
  const range = { startNs: nowNs - 3n * hourNs, endNs: nowNs + hourNs }
  const entries = await queryLoki(baseUrl, `{job=~"${job}-.*"}`, range)
  return entries.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

function keyOf({ atNs, labels, line, metadata }: LokiEntry): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([atNs, labels['job'], line, pairs])
}
