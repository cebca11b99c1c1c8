// A value reaches Loki as the database meant it, or it is flagged: lines as a real Loki has stored them, what
// `| json` makes of them, and the flags of their run lines, for real drivers, both ODBC bindings and the
// built-in SQLite driver. What is expected stands in test/fidelity/, and in docs/fidelity.md.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FidelityRoute, type FidelityTable, tables } from '../fidelity/matrix.ts'
import {
  expectedFlags,
  expectedLabels,
  expectedLines,
  longQuery,
  valuesQuery,
  writtenCells,
} from '../fidelity/table.ts'
import { type RunLine, runLinesOf } from '../support/entries-of-loki.ts'
import { type FidelityDatabase, startFidelityDatabase } from '../support/fidelity-databases.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import { startedServices } from '../support/services.ts'

const services = startedServices(afterAll)
const metricOf = ({ driver, way }: FidelityRoute) => `fidelity ${driver} ${way}`.replace(/\W+/g, '_')
const namesOf = (route: FidelityRoute) => `${metricOf(route)}_names`
const longOf = (route: FidelityRoute) => `${metricOf(route)}_long`

/** One run of each metric, delivered. */
async function runOnce(
  table: FidelityTable,
  database: FidelityDatabase,
  route: FidelityRoute,
): Promise<void> {
  const binding = route.way === 'built-in' ? [] : ['--odbc_binding', route.way]
  const service = await services.start({
    metrics: {
      [metricOf(route)]: { every: '1h', query: valuesQuery(table.cells) },
      [namesOf(route)]: { every: '1h', query: table.names.query },
      [longOf(route)]: { every: '1h', query: longQuery },
    },
    flags: [...binding, ...database.flagsOf(route), '--loki_url', sharedLoki().baseUrl],
    env: database.environmentOf(route),
  })
  await service.ready()
  for (const name of [metricOf(route), namesOf(route), longOf(route)]) {
    await service.metric(name, ({ runs, spool }) => runs.ok === 1 && spool.rows === 0)
  }
  expect((await service.stop()).code).toBe(0)
}

async function storedLines(metric: string): Promise<string[]> {
  return (await sharedLoki().query(`{job="${metric}"}`)).map(({ line }) => line)
}

async function parsedLabels(metric: string): Promise<unknown[]> {
  return (await sharedLoki().query(`{job="${metric}"} | json`)).map(({ parsed }) => parsed ?? {})
}

async function flagsOf(metric: string): Promise<RunLine['flags']> {
  const [line] = await runLinesOf(sharedLoki(), metric)
  return line?.flags ?? []
}

describe.each(tables)('$database', (table) => {
  beforeAll(async () => {
    const database = await startFidelityDatabase(table)
    try {
      await Promise.all(table.routes.map((route) => runOnce(table, database, route)))
    } finally {
      await database.remove()
    }
  })

  describe.each(table.routes)('through $driver, $way', (route) => {
    const { way } = route
    const lines = expectedLines(table.cells, way)

    it('each value stands in the line as the matrix says, and NULL of each type as null', async () => {
      expect((await storedLines(metricOf(route))).map(writtenCells)).toEqual(lines)
    })

    it('each value behind `| json` is the text that the line has, and NULL makes no label', async () => {
      expect(await parsedLabels(metricOf(route))).toEqual(expectedLabels(lines))
    })

    it('each value that may differ is flagged in the run line, and no other', async () => {
      expect(await flagsOf(metricOf(route))).toEqual(expectedFlags(table.cells, way))
    })

    it('columns of any name are all there, and those without a name of their own flagged', async () => {
      expect(await storedLines(namesOf(route))).toEqual([table.names.line])
      expect(await parsedLabels(namesOf(route))).toEqual([table.names.labels])
      expect(await flagsOf(namesOf(route))).toEqual(table.names.flags)
    })

    it('a text of 1 MB is shortened until its line has 256 KiB, and flagged', async () => {
      const [line = ''] = await storedLines(longOf(route))
      expect(Buffer.byteLength(line)).toBe(256 * 1024)
      expect(JSON.parse(line)).toEqual({ word: 'kept', long_text: expect.stringMatching(/^x{262000,}…$/) })
      expect(await flagsOf(longOf(route))).toContainEqual({ column: 'long_text', why: 'shortened' })
    })
  })
})
