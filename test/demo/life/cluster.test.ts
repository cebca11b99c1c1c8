import { describe, expect, it } from 'vitest'
import {
  type Cluster,
  licenseTb,
  maxStatements,
  newCluster,
  nextSecond,
} from '../../../src/demo/life/cluster.ts'
import { randomOf } from '../../../src/demo/life/random.ts'
import { rowsOf, tables } from '../../../src/demo/life/tables.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const quarterS = 900

/** The seconds of a cluster's life, the first one included. */
function lifeOf(seed: number, seconds: number): Cluster[] {
  const random = randomOf(seed)
  const life = [newCluster(random)]
  for (let second = 0; second < seconds; second += 1) {
    life.push(nextSecond(life[second] ?? newCluster(random), random))
  }
  return life
}

describe("the life of the demo's cluster", () => {
  it('is the same for the same seed, and another for another', () => {
    const rows = (seed: number) => lifeOf(seed, 120).map((cluster) => rowsOf(cluster, nowMs))
    expect(rows(7)).toEqual(rows(7))
    expect(rows(7)).not.toEqual(rows(8))
  })

  it('has statements from the first second on', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const [first] = lifeOf(seed, 0)
      expect(first?.statements.length).toBeGreaterThan(0)
    }
  })

  it('lets statements queue, run and leave, and locks come and go', () => {
    const life = lifeOf(1, quarterS)
    const seen = new Set(life.flatMap(({ statements }) => statements.map(({ status }) => status)))
    expect(seen).toEqual(new Set(['Preparing', 'In queue', 'Initializing', 'Executing']))
    const last = life.at(-1)
    const early = new Set(life[0]?.statements.map(({ id }) => id))
    expect(last?.statements.some(({ id }) => early.has(id))).toBe(false)
    const locks = life.map((cluster) => rowsOf(cluster, nowMs).show_locks.length)
    expect(Math.min(...locks)).toBeLessThan(3)
    expect(Math.max(...locks)).toBeGreaterThan(5)
  })

  it('never lets one that writes share its table with another that executes', () => {
    for (const { statements } of lifeOf(2, quarterS)) {
      const executing = statements.filter(({ status }) => status === 'Executing')
      const tablesWritten = executing.filter(({ isWriting }) => isWriting).map(({ table }) => table)
      const crowded = tablesWritten.filter(
        (table) => executing.filter((one) => one.table === table).length > 1,
      )
      expect(crowded).toEqual([])
    }
  })

  it('loses a node now and then, and gets it back', () => {
    const states = lifeOf(3, quarterS).map(({ nodes }) => nodes.map(({ backInS }) => backInS === undefined))
    const away = states.filter((connected) => connected.includes(false)).length
    expect(away).toBeGreaterThan(0)
    expect(away).toBeLessThan(states.length)
    expect(
      states.some((connected, second) => connected[0] === true && states[second - 1]?.[0] === false),
    ).toBe(true)
  })

  it('fills the license, until somebody makes room', () => {
    const left = lifeOf(4, 10_000).map(({ usedTb }) => licenseTb - usedTb)
    expect(Math.min(...left)).toBeGreaterThan(0)
    expect(Math.max(...left)).toBeLessThanOrEqual(28)
    const steps = left.slice(1).map((value, index) => value - (left[index] ?? value))
    expect(steps.filter((step) => step > 0).every((step) => step > 20)).toBe(true)
    expect(steps.some((step) => step > 0)).toBe(true)
    expect(steps.filter((step) => step < 0).length).toBeGreaterThan(1_000)
  })

  it('stays within its bounds', () => {
    const life = lifeOf(5, 10_000)
    expect(Math.max(...life.map(({ statements }) => statements.length))).toBeLessThanOrEqual(maxStatements)
    expect(Math.max(...life.flatMap(({ counters }) => counters.map(({ count }) => count)))).toBeLessThan(
      1_001_000,
    )
  })

  it('takes no statement beyond forty', () => {
    const random = randomOf(6)
    const cluster = newCluster(random)
    const [one] = cluster.statements
    if (one === undefined) throw new Error('no statement in the first second')
    const waiting = { ...one, status: 'Executing', workS: 1_000 } as const
    const crowd = (count: number): Cluster => ({
      ...cluster,
      statements: Array.from({ length: count }, () => waiting),
    })
    const sizes = (count: number) =>
      new Set(Array.from({ length: 50 }, () => nextSecond(crowd(count), random).statements.length))
    expect(sizes(maxStatements)).toEqual(new Set([maxStatements]))
    expect(sizes(maxStatements - 1)).toEqual(new Set([maxStatements - 1, maxStatements]))
  })
})

describe('its tables', () => {
  it('have a value for every column of every row', () => {
    const rows = rowsOf(lifeOf(1, 30).at(-1) ?? newCluster(randomOf(1)), nowMs)
    for (const [name, columns] of Object.entries(tables)) {
      const widths = rows[name as keyof typeof tables].map((row) => row.length) // a key of the literal
      expect([name, new Set(widths)]).toEqual([name, new Set([columns.length])])
    }
  })

  it('tell times back from the present one', () => {
    const cluster = lifeOf(1, 30).at(-1) ?? newCluster(randomOf(1))
    const times = rowsOf(cluster, nowMs).show_server_status.map((row) => String(row[10]))
    const expected = cluster.statements.map(({ startedS }) => {
      const at = new Date(nowMs - (cluster.second - startedS) * 1_000)
      return at.toISOString().replace('T', ' ').replace('Z', '')
    })
    expect(times).toEqual(expected)
  })
})
