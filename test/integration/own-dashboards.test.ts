// What `rowtail dashboards` writes, on a real PostgreSQL and a real Loki: the panels that it made from the
// columns of a query find the rows of that query, and Loki takes every alert.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dashboardOf, filledIn, type PanelQuery, panelQueries } from '../support/panels.ts'
import type { Rule } from '../support/ruler.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { type Ended, runToEnd, startedServices } from '../support/services.ts'

const metrics = {
  own_sizes: {
    every: '500ms',
    query:
      "select now() as at, name, bytes, bytes * 0.5 as half, null as none, true as flag, 'x' as host " +
      "from (values ('ann', 1), ('bo', 20000000000)) as files (name, bytes)",
  },
  own_total: { every: '500ms', query: "select 5 as total, 'NaN'::float8 as ratio" },
  own_words: { every: '500ms', query: 'select \'a b\' as "two words"' },
  // More rows than Loki lets a query have series.
  own_many: {
    every: '2s',
    query: "select 'n' || i as name, 'idle' as state, i as bytes from generate_series(1, 600) as i",
  },
  show_locks: {
    every: '2s',
    query:
      "select i / 25 as stmt_id, 'ann' as username, 'Exclusive' as lock_mode, 't' || i as locked_object, " +
      "'2026-01-01' as lock_start_time, 'select' as stmt_string from generate_series(1, 1250) as i",
  },
  own_effect: { every: '1h', query: "select nextval('own_effects')", send: false },
}
const broken = { own_broken: { every: '1h', query: 'select * from no_such_table' } }

function options(shown: unknown, out: string) {
  return {
    metrics: shown,
    flags: ['--loki_url', sharedLoki().baseUrl, '--target_name', 'own_dashboards', '--out', out],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString() },
    command: 'dashboards' as const,
  }
}

const services = startedServices(afterAll)
let written: Ended
const inOut = (name: string) => path.join(written.service.directory, 'grafana', name)

beforeAll(async () => {
  written = await runToEnd(options(metrics, 'grafana'))
  const { command: _, flags, ...rest } = options(metrics, '')
  const service = await services.start({ ...rest, flags: flags.slice(0, 4) })
  await service.ready()
  for (const metric of ['own_sizes', 'own_total', 'own_words', 'own_many', 'show_locks']) {
    await service.metric(metric, ({ delivered }) => delivered.rows > 0)
  }
})

const shapes = [
  ['row', 'own_sizes'],
  ['timeseries', 'bytes'],
  ['timeseries', 'half'],
  ['table', 'Rows of own_sizes'],
  ['row', 'own_total'],
  ['timeseries', 'total'],
  ['timeseries', 'ratio'],
  ['row', 'own_words'],
  ['table', 'Rows of own_words'],
  ['row', 'own_many'],
  ['timeseries', 'bytes'],
  ['table', 'Rows of own_many'],
]

async function found({ expr, queryType }: Pick<PanelQuery, 'expr' | 'queryType'>): Promise<unknown[]> {
  const range = queryType === 'range' ? { since: '10m', step: '5', limit: '10' } : {}
  const parameters = new URLSearchParams({ query: filledIn(expr), ...range })
  const place = queryType === 'range' ? 'query_range' : 'query'
  const response = await fetch(`${sharedLoki().baseUrl}/loki/api/v1/${place}?${parameters.toString()}`)
  const text = await response.text()
  expect(response.status, `${expr}: ${text}`).toBe(200)
  return (JSON.parse(text) as { data: { result: unknown[] } }).data.result // Loki's own answer
}

describe('rowtail dashboards', () => {
  it('names every file that it wrote, and runs nothing that has effects', () => {
    expect(written.exit).toEqual({ code: 0, signal: null })
    const files = written.stdout.trimEnd().split('\n')
    expect(files.map((file) => path.relative(inOut(''), file))).toEqual([
      'dashboards/overview.json',
      'dashboards/sqream.json',
      'dashboards/metrics.json',
      'provisioning/dashboards/rowtail-own_dashboards.yaml',
      'provisioning/datasources/rowtail-own_dashboards.yaml',
      'rules/fake/rowtail-own_dashboards.yaml',
      'rules/fake/sqream-own_dashboards.yaml',
    ])
    expect(files.filter((file) => !existsSync(file))).toEqual([])
    expect(written.output).not.toContain('own_effects')
  })

  it('makes the panels of a query from the columns that it returns', () => {
    const { panels } = dashboardOf(inOut('dashboards/metrics.json'))
    expect(panels.map(({ type, title }) => [type, title])).toEqual(shapes)
  })

  it.each(['metrics', 'sqream'])('asks in every panel of %s.json for rows that are there', async (name) => {
    const queries = panelQueries(inOut(`dashboards/${name}.json`))
    expect(queries.length).toBeGreaterThanOrEqual(3)
    for (const query of queries) {
      // NaN is no number in JSON: its column is null.
      const isEmpty = query.panel === 'ratio'
      const look = async () => (await found(query)).length > 0
      await expect.poll(look, { timeout: 20_000, message: query.expr }).toBe(!isEmpty)
    }
  })

  it('asks in the overview what the shipped one asks', () => {
    const [own, shipped] = [inOut('dashboards/overview.json'), 'dashboards/overview.json'].map(panelQueries)
    expect(own).toEqual(shipped)
  })

  it.each(['rowtail', 'sqream'])('writes alerts of %s that Loki takes', async (name) => {
    const text = readFileSync(inOut(`rules/fake/${name}-own_dashboards.yaml`), 'utf8')
    const { groups } = parse(text) as { groups: { rules: Rule[] }[] } // the shipped form
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.length).toBeGreaterThan(0)
    for (const { expr } of rules) expect(await found({ expr, queryType: 'instant' })).toBeInstanceOf(Array)
  })

  it('replaces its own files, and stops before one of somebody else', async () => {
    const out = inOut('')
    expect((await runToEnd(options(metrics, out))).exit.code).toBe(0)
    const mine = inOut('dashboards/metrics.json')
    writeFileSync(mine, '{}')
    const refused = await runToEnd(options(metrics, out))
    expect(refused.exit.code).toBe(2)
    expect(refused.stderr).toContain(`rowtail did not write what stands there: ${mine}.`)
    expect(readFileSync(mine, 'utf8')).toBe('{}')
  })

  it('leaves out a query that fails, says why, and ends with 3', async () => {
    const { exit, stderr, service } = await runToEnd(options({ ...broken, ...metrics }, 'other'))
    expect(exit.code).toBe(3)
    expect(stderr).toMatch(/^own_broken has no panels: .*no_such_table/m)
    const { panels } = dashboardOf(path.join(service.directory, 'other/dashboards/metrics.json'))
    expect(panels.map(({ type, title }) => [type, title])).toEqual(shapes)
  })
})
