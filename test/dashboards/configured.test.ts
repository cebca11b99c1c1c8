import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { columnsOf } from '../../src/dashboards/columns.ts'
import { type Configuration, configuredFiles } from '../../src/dashboards/configured.ts'
import { maxGraphs } from '../../src/dashboards/metrics.ts'
import { writtenMark } from '../../src/dashboards/scope.ts'
import type { DashboardModel } from '../support/panels.ts'
import { configurationWith, metricOf, scope } from './configuration.ts'

function filesOf(given: Partial<Configuration>): Map<string, string> {
  return new Map(configuredFiles(configurationWith(given)).map(({ path, text }) => [path, text]))
}

function dashboardIn(files: Map<string, string>, name: string): DashboardModel {
  // Its builder's types say so.
  return JSON.parse(files.get(`dashboards/${name}.json`) ?? '{}') as DashboardModel
}

function panelsOf(row: object): [type: string, title: string][] {
  const described = Object.keys(row).map((name) => ({ name, type: '' }))
  const columns = columnsOf(described, { lines: [JSON.stringify(row)], rows: 1 }, [])
  const sampled = [{ name: 'sizes', intervalMs: 2_500, columns }]
  const { panels } = dashboardIn(filesOf({ metrics: [metricOf('sizes', 2_500)], sampled }), 'metrics')
  return panels.map(({ type, title }) => [type, title])
}

describe('what is written for a configuration', () => {
  it('has what its metrics need, and nothing else', () => {
    const paths = (...names: string[]) => [
      ...filesOf({ metrics: names.map((name) => metricOf(name, 5_000)) }).keys(),
    ]
    const always = [
      'dashboards/overview.json',
      `provisioning/dashboards/rowtail-${scope.name}.yaml`,
      `provisioning/datasources/rowtail-${scope.name}.yaml`,
      `rules/fake/rowtail-${scope.name}.yaml`,
    ]
    expect(paths('sessions')).toEqual(always)
    expect(paths('sessions', 'show_locks').toSorted()).toEqual(
      [...always, 'dashboards/sqream.json', `rules/fake/sqream-${scope.name}.yaml`].toSorted(),
    )
  })

  it('carries the mark by which it may be replaced', () => {
    for (const text of filesOf({ metrics: [metricOf('show_locks', 2_000)] }).values()) {
      expect(text).toContain(`${writtenMark} for ${scope.name}`)
    }
  })

  it('begins with its own database, under an id of its own', () => {
    const { uid, templating } = dashboardIn(filesOf({}), 'overview')
    expect(uid).toBe('rowtail-overview-0123abcd')
    expect(uid.length).toBeLessThanOrEqual(40)
    expect(templating.list).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'host',
          current: { selected: true, text: ['db "1"'], value: ['db "1"'] },
        }),
        expect.objectContaining({
          name: 'database',
          current: { selected: true, text: ['shop'], value: ['shop'] },
        }),
      ]),
    )
  })

  it('has only the sections of SQreamDB whose metrics run', () => {
    const { panels } = dashboardIn(
      filesOf({ metrics: [metricOf('show_locks', 2_000), metricOf('get_leveldb_stats', 5_000)] }),
      'sqream',
    )
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows).toEqual(['Locks', 'LevelDB'])
  })

  it('draws each number of a query of its own, and its rows as a table', () => {
    expect(panelsOf({ table: 'a', rows: 1, bytes: 2 })).toEqual([
      ['row', 'sizes'],
      ['timeseries', 'rows'],
      ['timeseries', 'bytes'],
      ['table', 'Rows of sizes'],
    ])
    expect(panelsOf({ rows: 1 })).toEqual([
      ['row', 'sizes'],
      ['timeseries', 'rows'],
    ])
    expect(panelsOf({ table: 'a' })).toEqual([
      ['row', 'sizes'],
      ['table', 'Rows of sizes'],
    ])
  })

  it(`draws ${maxGraphs} numbers of one query, and leaves what is more to its table`, () => {
    const numbers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, index]))
    expect(panelsOf(numbers(maxGraphs))).toHaveLength(1 + maxGraphs)
    expect(panelsOf(numbers(maxGraphs + 1))).toHaveLength(1 + maxGraphs + 1)
    expect(panelsOf(numbers(maxGraphs + 1)).at(-1)).toEqual(['table', 'Rows of sizes'])
  })

  it('draws one of two columns that LogQL gives one name', () => {
    expect(panelsOf({ 'a.b': 1, a_b: 2 }).map(([type]) => type)).toEqual(['row', 'timeseries', 'table'])
  })
})

describe('the data source of a configuration', () => {
  const sourceOf = (loki: Partial<Configuration['loki']>): unknown => {
    const given = { ...configurationWith().loki, ...loki }
    return parse(filesOf({ loki: given }).get(`provisioning/datasources/rowtail-${scope.name}.yaml`) ?? '')
  }

  it('is its Loki, with its tenant', () => {
    expect(sourceOf({ tenant: 'team-a' })).toMatchObject({
      datasources: [
        {
          url: 'http://loki.example:3100',
          jsonData: { httpHeaderName1: 'X-Scope-OrgID' },
          secureJsonData: { httpHeaderValue1: 'team-a' },
        },
      ],
    })
  })

  it.each([
    [
      { kind: 'basic', user: 'a$b', password: 'secret-of-basic' },
      { basicAuth: true, basicAuthUser: 'a$$b' },
    ],
    [
      { kind: 'bearer', token: 'secret-of-bearer' },
      { secureJsonData: { httpHeaderValue2: 'Bearer $__env{ROWTAIL_LOKI_TOKEN}' } },
    ],
  ] as const)('has its login without its secret: %j', (login, expected) => {
    const source = sourceOf({ login })
    expect(source).toMatchObject({ datasources: [expected] })
    expect(JSON.stringify(source)).not.toContain('secret-of')
  })

  it('trusts whom rowtail trusts, by files of Grafana', () => {
    expect(sourceOf({ tls: { ca: 'PEM', cert: 'PEM', key: 'PEM' } })).toMatchObject({
      datasources: [
        {
          jsonData: { tlsAuthWithCACert: true, tlsAuth: true },
          secureJsonData: { tlsCACert: '$__file{/etc/grafana/loki-ca.pem}' },
        },
      ],
    })
  })

  it('goes with rules in the folder of its tenant', () => {
    const loki = { ...configurationWith().loki, tenant: 'team-a' }
    expect([...filesOf({ loki }).keys()]).toContain(`rules/team-a/rowtail-${scope.name}.yaml`)
  })
})
