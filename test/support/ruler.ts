// Loki's ruler with the alerts that rowtail ships: a day of watching pressed into seconds by other values of
// `for`, `interval` and range windows; everything else of the files is as shipped.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import type { LokiConfig } from './servers/loki.ts'

export type Rule = {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

type RuleGroup = { readonly name: string; readonly interval: string; readonly rules: readonly Rule[] }

export type Alert = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

const rulesFolder = 'dashboards/rules'

/** Windows of the shipped rules, and what they are while a test watches. */
const pressedWindows: Readonly<Record<string, string>> = {
  '3d': '90s',
  '1d': '60s',
  '26h': '5s',
  '3h': '60s',
  '1h': '15s',
  '10m': '5s',
  '5m': '5s',
  '2m': '4s',
  '1m': '4s',
}

/** All groups of all shipped files. */
export function shippedGroups(): RuleGroup[] {
  return ruleFiles().flatMap((file) => {
    // The test of the files' form says what is missing in one.
    const { groups } = parse(readFileSync(path.join(rulesFolder, file), 'utf8')) as { groups: RuleGroup[] }
    return groups
  })
}

export function shippedRules(): Rule[] {
  return shippedGroups().flatMap(({ rules }) => rules)
}

/**
 * The shipped rules, pressed, in a folder of their own, and what to start a Loki with so that it reads them.
 */
export function pressedRules(): { readonly overrides: LokiConfig; remove(): void } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'rowtail-rules-'))
  // Loki without authentication calls its one tenant so.
  const tenant = path.join(directory, 'fake')
  mkdirSync(tenant)
  for (const file of ruleFiles()) {
    const text = readFileSync(path.join(rulesFolder, file), 'utf8')
    writeFileSync(path.join(tenant, file), pressed(text))
  }
  return {
    overrides: { ruler: { storage: { type: 'local', local: { directory } } } },
    remove: () => rmSync(directory, { recursive: true }),
  }
}

/** What the ruler has pending or firing now. */
export async function alertsOf(lokiUrl: string): Promise<Alert[]> {
  const response = await fetch(`${lokiUrl}/prometheus/api/v1/alerts`)
  if (!response.ok) throw new Error(`the ruler answered ${response.status}: ${await response.text()}`)
  const { data } = (await response.json()) as { data: { alerts: Alert[] } } // Prometheus' own form
  return data.alerts
}

function ruleFiles(): string[] {
  return readdirSync(rulesFolder).toSorted()
}

function pressed(text: string): string {
  return text
    .replaceAll(/^(\s+(?:- )?)(for|interval): \S+$/gm, '$1$2: 1s')
    .replaceAll(/\[(\d+[smhd])\]/g, (_, window: string) => {
      const short = pressedWindows[window]
      if (short === undefined) throw new Error(`a rule has the window ${window}, which has no pressed one`)
      return `[${short}]`
    })
}
