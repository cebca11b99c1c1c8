// The dashboards as files: path and text. The script that writes them and the test that compares them read
// the same list.

import { overview } from './overview.ts'
import { sqream } from './sqream.ts'

export function dashboardFiles(): Record<string, string> {
  return {
    'dashboards/overview.json': fileOf(overview),
    'dashboards/sqream.json': fileOf(sqream),
  }
}

function fileOf(dashboard: unknown): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`
}
