import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLivingDatabase, type LivingDatabase } from '../../../src/demo/life/database.ts'
import { tables } from '../../../src/demo/life/tables.ts'

const nowMs = Date.UTC(2026, 0, 2)

function living(seed: number): { database: LivingDatabase; reader: DatabaseSync } {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-living-'))
  const file = join(directory, 'demo.sqlite')
  const database = createLivingDatabase(file, { seed, nowMs })
  const reader = new DatabaseSync(file)
  onTestFinished(() => {
    reader.close()
    database.close()
    rmSync(directory, { recursive: true })
  })
  return { database, reader }
}

function allOf(reader: DatabaseSync): unknown[] {
  return Object.keys(tables).map((name) => reader.prepare(`select * from ${name}`).all())
}

describe("the demo's database", () => {
  it('shows the columns of the utility functions, the locks with their types', () => {
    const { reader } = living(1)
    for (const [name, columns] of Object.entries(tables)) {
      const shown = reader.prepare(`select * from ${name}`).columns()
      expect(shown.map(({ name, type }) => [name, type?.toLowerCase()])).toEqual(columns)
    }
  })

  it('changes with each second, and alike for one seed', () => {
    const [one, other] = [living(1), living(1)]
    const first = allOf(one.reader)
    expect(allOf(other.reader)).toEqual(first)
    one.database.advance(nowMs + 1_000)
    other.database.advance(nowMs + 1_000)
    expect(allOf(one.reader)).not.toEqual(first)
    expect(allOf(one.reader)).toEqual(allOf(other.reader))
  })

  it('lives on while somebody reads', () => {
    const { database, reader } = living(1)
    const rows = reader.prepare('select * from show_cluster_nodes').iterate()
    rows.next()
    database.advance(nowMs + 1_000)
    expect([...rows]).toHaveLength(5)
  })

  it('lets the locks count for ever where they hang, and nothing else', () => {
    const { database, reader } = living(1)
    const turns = () => Number(reader.prepare('select turns from hang').get()?.['turns'])
    database.setHung(true)
    expect(turns()).toBe(10 ** 15)
    expect(reader.prepare('select * from show_cluster_nodes').all()).toHaveLength(6)
    database.setHung(false)
    expect(turns()).toBe(0)
    expect(reader.prepare('select count(*) as n from show_locks').get()).toBeDefined()
  })
})
