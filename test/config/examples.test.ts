import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../src/cli/program-arguments.ts'
import { formatFileFaults } from '../../src/config/format-faults.ts'
import { loadMetrics } from '../../src/config/load-metrics.ts'

const repository = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

function load(path: string, isSqream: boolean) {
  const loaded = loadMetrics(join(repository, path), { isSqream })
  if (loaded.kind === 'faulty') throw new Error(formatFileFaults(path, loaded.faults))
  return loaded
}

describe('the metrics that run by default', () => {
  it('are the six of SQreamDB, with their intervals in seconds', () => {
    const { metrics } = load('monitor_input.json', true)
    expect(metrics.map(({ name, intervalMs, send }) => [name, intervalMs / 1_000, send])).toEqual([
      ['show_server_status', 7, true],
      ['show_locks', 2, true],
      ['get_leveldb_stats', 5, true],
      ['show_cluster_nodes', 4, true],
      ['get_license_info', 5, true],
      ['reset_leveldb_stats', 86_400, false],
    ])
  })
})

describe('the examples', () => {
  it.each([
    ['config_files/monitor_input.full.json', true],
    ['config_files/monitor_input.postgres.json', false],
  ])('load without fault or warning: %s', (path, isSqream) => {
    expect(load(path, isSqream)).toMatchObject({ kind: 'loaded', warnings: [] })
  })

  it('show every form once', () => {
    const text = readFileSync(join(repository, 'config_files/monitor_input.full.json'), 'utf8')
    for (const key of ['every', 'query', 'query_file', 'timeout', 'labels', 'send']) {
      expect(text).toContain(`"${key}":`)
    }
  })

  it("put a SQreamDB worker without GPU on rowtail's default port and service", () => {
    const worker: unknown = JSON.parse(
      readFileSync(join(repository, 'config_files/sqream_config.json'), 'utf8'),
    )
    expect(worker).toMatchObject({
      gpu: 0,
      cudaMemQuota: 0,
      port: 5_000,
      initialSubscribedServices: 'monitor',
      legacyConfigFilePath: 'sqream_config_legacy.json',
    })
    const legacy: unknown = JSON.parse(
      readFileSync(join(repository, 'config_files/sqream_config_legacy.json'), 'utf8'),
    )
    expect(legacy).toMatchObject({ useMetadataServer: true })
  })
})

describe('the pm2 example', () => {
  it('has flags that rowtail knows, waits for ready, and gives a stop more than 1.6 s', () => {
    const { apps } = require(join(repository, 'config_files/ecosystem.config.cjs'))
    expect(apps).toMatchObject([
      { script: 'dist/main.js', cwd: repository, wait_ready: true, exec_mode: 'fork' },
    ])
    expect(apps[0].kill_timeout).toBeGreaterThan(1_600)
    expect(parseArguments(apps[0].args).faults).toEqual([])
  })
})

describe('the systemd example', () => {
  it('has flags that rowtail knows and a state directory', () => {
    const unit = readFileSync(join(repository, 'config_files/rowtail.service'), 'utf8')
    const joined = unit.replaceAll('\\\n', ' ')
    const command = /^ExecStart=(.*)$/m.exec(joined)?.[1] ?? ''
    const args = command.trim().split(/\s+/).slice(2)
    expect(args).toContain('--metrics_json_path')
    expect(parseArguments(args)).toMatchObject({ command: 'run', faults: [] })
    expect(unit).toContain('\nStateDirectory=rowtail\n')
  })
})
