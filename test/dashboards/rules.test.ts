import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fittedRules } from '../../src/dashboards/rules.ts'
import { metricOf, scope } from './configuration.ts'
import type { Rule } from '../support/ruler.ts'

type Rules = { readonly groups: readonly { readonly rules: readonly Rule[] }[] }

function fitted(file: string, intervals: Readonly<Record<string, number>>) {
  const metrics = Object.entries(intervals).map(([name, seconds]) => metricOf(name, seconds * 1_000))
  const text = fittedRules(readFileSync(`dashboards/rules/${file}.yaml`, 'utf8'), metrics, scope)
  const { groups } = parse(text ?? 'groups: []') as Rules // as the shipped one, whose form another test holds
  return new Map(groups.flatMap(({ rules }) => rules.map((rule) => [rule.alert, rule])))
}

describe('the alerts of a configuration', () => {
  it('are those whose metrics it has', () => {
    expect([...fitted('sqream', { show_locks: 2, sessions: 5 }).keys()]).toEqual(['SqreamLongLock'])
    expect(fitted('sqream', { sessions: 5 }).size).toBe(0)
    expect(fitted('rowtail', { sessions: 5 }).size).toBe(7)
  })

  it('leave out a metric whose rows are not sent', () => {
    const text = readFileSync('dashboards/rules/sqream.yaml', 'utf8')
    const metrics = [{ ...metricOf('show_locks', 2_000), send: false }]
    expect(fittedRules(text, metrics, scope)).toBeUndefined()
  })

  it('watch its database alone', () => {
    for (const { expr } of [
      ...fitted('rowtail', { a: 5 }).values(),
      ...fitted('sqream', { show_locks: 2 }).values(),
    ]) {
      const selectors = [...expr.matchAll(/\{[^}]*job=[^}]*\}/g)].map(([selector]) => selector)
      expect(selectors.length).toBeGreaterThan(0)
      for (const selector of selectors) {
        expect(selector).toContain('host="db \\"1\\"", database="shop", job=')
      }
    }
  })

  it.each([
    [20, '1m'],
    [21, '63s'],
    [600, '30m'],
  ])('look back over three runs at least: every %i s is [%s]', (seconds, window) => {
    expect(fitted('sqream', { show_locks: seconds }).get('SqreamLongLock')?.expr).toContain(`[${window}]`)
  })

  it('say what they look back over', () => {
    const usual = fitted('rowtail', { daily: 86_400, often: 200 }).get('RowtailSilent')
    expect([usual?.expr, usual?.annotations['summary']]).toEqual([
      expect.stringContaining('[10m]'),
      'Nothing has come from rowtail for ten minutes',
    ])
    const seldom = fitted('rowtail', { seldom: 1_800 }).get('RowtailSilent')
    expect([seldom?.expr, seldom?.annotations['summary']]).toEqual([
      expect.stringContaining('[90m]'),
      'Nothing has come from rowtail for 90m',
    ])
  })

  it('keep the comments of their file', () => {
    const text = fittedRules(
      readFileSync('dashboards/rules/sqream.yaml', 'utf8'),
      [metricOf('get_license_info', 5_000)],
      scope,
    )
    expect(text).toContain('# The first ten characters of the expiration date')
    expect(text).not.toContain('# One series for each statement')
  })
})
