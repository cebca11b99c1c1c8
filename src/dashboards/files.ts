// The shipped dashboards as files: path and text. The script that writes them and the test that compares them
// read the same list.

import type { Dashboard } from './grafana.ts'
import { overview } from './overview.ts'
import { sqream } from './sqream.ts'

export function dashboardFiles(): Record<string, string> {
  return {
    'dashboards/overview.json': fileOf(overview()),
    'dashboards/sqream.json': fileOf(sqream()),
  }
}

export function fileOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`
}
