// A value reaches Loki as the database meant it, or it is flagged: lines as a real Loki has stored them, what
// `| json` makes of them, and the flags of their run lines, for real drivers, both ODBC bindings and the
// built-in SQLite driver. What is expected stands in test/fidelity/, and in docs/fidelity.md.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tables, type FidelityRoute } from '../fidelity/matrix.ts'
import { expectedFlags, expectedLabels, expectedLines, queryOf, writtenCells } from '../fidelity/table.ts'
import { type RunLine, runLinesOf } from '../support/entries-of-loki.ts'
import { type FidelityDatabases, startFidelityDatabases } from '../support/fidelity-databases.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import { startedServices } from '../support/services.ts'

const longLength = 1_000_000
const routes = tables.flatMap((table) => table.routes.map((route) => ({ ...route, table })))

let databases: FidelityDatabases
const services = startedServices(afterAll)
afterAll(() => databases.remove())
beforeAll(async () => {
  databases = await startFidelityDatabases(tables)
  for (const { routes: alike } of tables) {
    await Promise.all(routes.filter(({ table }) => table.routes === alike).map(runOnce))
  }
})

const metricOf = ({ driver, way }: FidelityRoute) => `fidelity ${driver} ${way}`.replace(/\W+/g, '_')
const namesOf = (route: FidelityRoute) => `${metricOf(route)}_names`
const longOf = (route: FidelityRoute) => `${metricOf(route)}_long`

/** One run of each metric, delivered. */
async function runOnce(route: (typeof routes)[number]): Promise<void> {
  const { cells, names, longText } = route.table
  const service = await services.start({
    metrics: {
      [metricOf(route)]: { every: '1h', query: queryOf(cells) },
      [namesOf(route)]: { every: '1h', query: names.query },
      [longOf(route)]: { every: '1h', query: `select 'kept' as word, ${longText(longLength)} as long_text` },
    },
    flags: [...databases.flagsOf(route), '--loki_url', sharedLoki().baseUrl],
    env: databases.environmentOf(route),
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
  return (await sharedLoki().query(`{job="${metric}"} | json`)).map(({ parsed }) => parsed)
}

async function flagsOf(metric: string): Promise<RunLine['flags']> {
  const [line] = await runLinesOf(sharedLoki(), metric)
  return line?.flags ?? []
}

describe.each(routes)('$driver, $way', (route) => {
  const { way, table } = route
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
