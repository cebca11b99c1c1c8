import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMetrics, families } from '../../src/web/metrics.ts'
import { everything, newStatus, startedMs } from '../web/full-status.ts'

type Parsed = { name: string; type: string; help: string; samples: { name: string; value: string }[] }

describe('the exposition', () => {
  it("is read by the parser of Prometheus' own client as it was meant", async () => {
    const names = ['show_locks', 'quoted "name" \\ with é']
    const status = newStatus(names)
    const metrics = createMetrics()
    for (const event of everything) {
      status.apply(event)
      metrics.apply(event)
    }
    const input = await metrics.text(status.snapshot(startedMs))
    const script = join(import.meta.dirname, '../support/parse-exposition.py')
    // Debian's own Python: the package is installed for no other.
    const {
      stdout,
      stderr,
      status: code,
    } = spawnSync('/usr/bin/python3', [script], { input, encoding: 'utf8' })
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    const parsed = JSON.parse(stdout) as Parsed[] // what the script prints
    const shown = parsed.map(({ name, type, help }) => ({ name, type, help }))
    const meant = families.map(({ name, type, help }) => ({ name: name.replace(/_total$/, ''), type, help }))
    expect(shown).toEqual(expect.arrayContaining(meant))
    expect(shown).toHaveLength(meant.length)
    expect(parsed.filter(({ samples }) => samples.length === 0)).toEqual([])
    expect(stdout).toContain(JSON.stringify(names[1]).replaceAll('é', '\\u00e9'))
  })
})
