import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatFileFaults } from '../../src/config/format-faults.ts'
import { type LoadedMetrics, loadMetrics } from '../../src/config/load-metrics.ts'
import type { Metric } from '../../src/core/metric.ts'
import { asOtherUser } from '../support/other-user.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const invalid = readdirSync(fixtures).filter((name) => /^invalid-.*\.json$/.test(name))

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rowtail-config-'))
  chmodSync(directory, 0o755)
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(content: string | Uint8Array): string {
  const path = join(directory, 'monitor_input.json')
  writeFileSync(path, content)
  return path
}

function load(entries: object, options: { isSqream?: boolean; labels?: Record<string, string> } = {}) {
  return loadMetrics(write(JSON.stringify(entries)), { isSqream: true, ...options })
}

function textOf(loaded: LoadedMetrics): string {
  return loaded.kind === 'faulty' ? formatFileFaults(basename(loaded.path), loaded.faults) : 'no fault'
}

/** The text as one line, for what wraps. */
function sentencesOf(loaded: LoadedMetrics): string {
  return textOf(loaded).replaceAll(/\s+/g, ' ')
}

function metricsOf(loaded: LoadedMetrics): readonly Metric[] {
  expect(textOf(loaded)).toBe('no fault')
  return loaded.kind === 'loaded' ? loaded.metrics : []
}

describe('a faulty metrics file', () => {
  it.each(invalid)('is told all its faults with place, value and expectation: %s', (name) => {
    const loaded = loadMetrics(join(fixtures, name), { isSqream: true })
    const expected = readFileSync(join(fixtures, name.replace('.json', '.txt')), 'utf8')
    expect(`${textOf(loaded)}\n`).toBe(expected)
  })

  it('keeps its lines within 100 columns', () => {
    for (const name of invalid) {
      const lines = textOf(loadMetrics(join(fixtures, name), { isSqream: true })).split('\n')
      expect(lines.filter((line) => line.length > 100)).toEqual([])
    }
  })
})

describe('a metrics file that cannot be read', () => {
  it('is missing', () => {
    const loaded = loadMetrics(join(directory, 'monitor_input.json'), { isSqream: true })
    expect(loaded).toMatchObject({ kind: 'faulty', faults: [{ code: 'config_missing' }] })
    expect(textOf(loaded)).toBe(
      'monitor_input.json  the file does not exist\n' +
        '                    Name another one with --metrics_json_path.',
    )
  })

  it('is a directory', () => {
    mkdirSync(join(directory, 'monitor_input.json'))
    const loaded = loadMetrics(join(directory, 'monitor_input.json'), { isSqream: true })
    expect(loaded).toMatchObject({ kind: 'faulty', faults: [{ code: 'config_unreadable' }] })
    expect(textOf(loaded)).toBe('monitor_input.json  the file is a directory, not a file')
  })

  it('is a pipe that nobody writes to, and is not waited for', () => {
    const path = join(directory, 'monitor_input.json')
    execFileSync('mkfifo', [path])
    expect(textOf(loadMetrics(path, { isSqream: true }))).toBe(
      'monitor_input.json  the file is a pipe, not a file',
    )
  })

  it('is a device without end', () => {
    expect(textOf(loadMetrics('/dev/zero', { isSqream: true }))).toBe(
      'zero  the file is a device, not a file',
    )
  })

  it('may not be read by this user', () => {
    const path = write('{"show_locks": 2}')
    chmodSync(path, 0o000)
    const loaded = asOtherUser(() => loadMetrics(path, { isSqream: true }))
    expect(loaded).toMatchObject({ kind: 'faulty', faults: [{ code: 'config_unreadable' }] })
    const [problem, hint] = textOf(loaded).split('\n')
    expect(problem).toBe('monitor_input.json  the file may not be read by this user')
    expect(hint).toMatch(/^ +Give it the right: rowtail runs as user id \d+\.$/)
  })

  it('is larger than 1 MiB by one byte', () => {
    const exact = '{"show_locks": 2}'.padEnd(1024 * 1024)
    expect(metricsOf(loadMetrics(write(exact), { isSqream: true }))).toHaveLength(1)
    expect(textOf(loadMetrics(write(`${exact} `), { isSqream: true }))).toBe(
      'monitor_input.json  the file is larger than 1MiB',
    )
  })

  it('is 2 MB', () => {
    const loaded = loadMetrics(write('['.repeat(2_000_000)), { isSqream: true })
    expect(loaded).toMatchObject({ kind: 'faulty', faults: [{ code: 'config_unreadable' }] })
  })
})

describe('a metric', () => {
  it('may be a number, a duration or the full form', () => {
    const metrics = metricsOf(loadMetrics(join(fixtures, 'valid-every-form.json'), { isSqream: true }))
    expect(metrics).toEqual([
      {
        name: 'show_locks',
        intervalMs: 2_000,
        query: 'select show_locks();',
        timeoutMs: 5_000,
        labels: {},
        send: true,
      },
      {
        name: 'show_server_status',
        intervalMs: 500,
        query: 'select show_server_status();',
        timeoutMs: 5_000,
        labels: {},
        send: true,
      },
      {
        name: 'get_license_info',
        intervalMs: 5_400_000,
        query: 'select get_license_info();',
        timeoutMs: 2_500,
        labels: { team: 'core' },
        send: false,
      },
      { name: 'mine', intervalMs: 250, query: 'select 1;', timeoutMs: 5_000, labels: {}, send: true },
      {
        name: 'filed',
        intervalMs: 2_592_000_000,
        query: 'select 1\n',
        timeoutMs: 60_000,
        labels: {},
        send: true,
      },
      {
        name: 'reset_leveldb_stats',
        intervalMs: 86_400_000,
        query: 'select reset_leveldb_stats();',
        timeoutMs: 60_000,
        labels: {},
        send: false,
      },
    ])
  })

  it('is read from a file with a UTF-8 byte order mark as from one without', () => {
    const loaded = loadMetrics(join(fixtures, 'valid-utf-8-mark.json'), { isSqream: true })
    expect(metricsOf(loaded).map(({ name }) => name)).toEqual(['show_locks'])
  })

  it('has its interval as timeout, between 5 and 60 seconds', () => {
    const intervals = { m4: 4.999, m5: 5, m6: 5.001, m59: 59.5, m60: 60, m61: 60.001 }
    const entries = Object.entries(intervals).map(([name, every]) => [name, { every, query: 'select 1' }])
    const timeouts = metricsOf(load(Object.fromEntries(entries))).map(({ timeoutMs }) => timeoutMs)
    expect(timeouts).toEqual([5_000, 5_000, 5_001, 59_500, 60_000, 60_000])
  })

  it('may run every 30 days and every millisecond, and neither less nor more often', () => {
    expect(metricsOf(load({ show_locks: 2_592_000, show_node_info: 0.001 }))).toHaveLength(2)
    expect(textOf(load({ show_locks: 2_592_000.001 }))).toContain('expected at most 30 days')
    expect(textOf(load({ show_locks: 0.000_999 }))).toContain('expected at least 1 ms')
  })

  it('may take an hour at most', () => {
    expect(metricsOf(load({ show_locks: { every: '1d', timeout: '1h' } }))).toHaveLength(1)
    expect(textOf(load({ show_locks: { every: '1d', timeout: 3_600.001 } }))).toContain(
      'expected at most 1 hour',
    )
  })

  it('has a name of at most 100 characters', () => {
    const entry = { every: 2, query: 'select 1' }
    expect(metricsOf(load({ ['m'.repeat(100)]: entry }))).toHaveLength(1)
    expect(textOf(load({ ['m'.repeat(101)]: entry }))).toContain('expected at most 100 characters')
  })

  it('sends the rows of a reset when asked to', () => {
    const metrics = metricsOf(load({ reset_leveldb_stats: { every: '1d', send: true } }))
    expect(metrics[0]?.send).toBe(true)
  })

  it("may give one of SQreamDB's names a query of its own", () => {
    const metrics = metricsOf(load({ show_locks: { every: 2, query: 'select 2' } }))
    expect(metrics[0]?.query).toBe('select 2')
  })

  it('needs a query where the target is no SQreamDB, also by a name of SQreamDB', () => {
    expect(textOf(load({ show_locks: 2, other: 2 }, { isSqream: false }))).toBe(
      'monitor_input.json:1:2   show_locks has no "query" and no "query_file"; expected one of them\n' +
        '                         Only a SQreamDB answers to that name alone, and this target is none.\n' +
        'monitor_input.json:1:17  other has no "query" and no "query_file"; expected one of them',
    )
  })
})

describe('the number of metrics', () => {
  it('is at most 100', () => {
    const entries = Array.from({ length: 101 }, (_, index) => [`m${index}`, { every: 2, query: 'select 1' }])
    expect(metricsOf(load(Object.fromEntries(entries.slice(0, 100))))).toHaveLength(100)
    expect(textOf(load(Object.fromEntries(entries)))).toContain(
      'the file has 101 metrics; expected at most 100',
    )
  })
})

describe('labels of a metric', () => {
  function withLabels(count: number) {
    return Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']))
  }

  it("are at most 15 together with rowtail's own and the service's", () => {
    const service = { env: 'prod', zone: 'a' }
    const ten = { show_locks: { every: 2, labels: withLabels(10) } }
    expect(metricsOf(load(ten, { labels: service }))).toHaveLength(1)
    const eleven = { show_locks: { every: 2, labels: withLabels(11) } }
    expect(sentencesOf(load(eleven, { labels: service }))).toContain('at most 15 labels in all, they are 16')
  })

  it('may repeat a label of the service, which counts once', () => {
    const labels = { ...withLabels(11), env: 'test' }
    expect(metricsOf(load({ show_locks: { every: 2, labels } }, { labels: { env: 'prod' } }))).toHaveLength(1)
  })

  it('have values of at most 2,048 bytes and names of at most 1,024', () => {
    const exact = { ['n'.repeat(1_024)]: 'v'.repeat(2_048) }
    expect(metricsOf(load({ show_locks: { every: 2, labels: exact } }))[0]?.labels).toEqual(exact)
    const beyond = { n: 'v'.repeat(2_049), ['n'.repeat(1_025)]: 'v' }
    const text = sentencesOf(load({ show_locks: { every: 2, labels: beyond } }))
    expect(text).toContain('expected at most 2048 bytes, it has 2049')
    expect(text).toContain('expected at most 1024 characters')
  })
})

describe('a query with a second statement', () => {
  const entries = { mine: { every: 2, query: 'select 1; select 2' } }

  it('is a fault for SQreamDB', () => {
    expect(textOf(load(entries))).toBe(
      'monitor_input.json:1:28  mine.query has a second statement, "select 2"; expected one\n' +
        '                         Make a metric of each.',
    )
  })

  it('is a warning elsewhere, with its place', () => {
    const path = join(directory, 'monitor_input.json')
    const loaded = load(entries, { isSqream: false })
    expect(metricsOf(loaded)[0]?.query).toBe('select 1; select 2')
    expect(loaded).toMatchObject({
      warnings: [
        {
          code: 'config_invalid',
          message: `${path}:1:28 mine.query has a second statement, "select 2"; expected one.`,
        },
      ],
    })
  })
})

describe('a query file', () => {
  it('is found from the folder of the metrics file, also in a folder below', () => {
    mkdirSync(join(directory, 'queries'))
    writeFileSync(join(directory, 'queries', 'one.sql'), '\ufeffselect 1')
    const metrics = metricsOf(load({ mine: { every: 2, query_file: 'queries/one.sql' } }))
    expect(metrics[0]?.query).toBe('select 1')
  })

  it('holds at most 1 MiB', () => {
    const exact = 'select 1'.padEnd(1024 * 1024)
    writeFileSync(join(directory, 'long.sql'), exact)
    const entries = { mine: { every: 2, query_file: 'long.sql' } }
    expect(metricsOf(load(entries))[0]?.query).toBe(exact)
    writeFileSync(join(directory, 'long.sql'), `${exact} `)
    expect(textOf(load(entries))).toContain('mine.query_file is "long.sql", which is larger than 1MiB')
  })

  it('may be one that this user has no right to read', () => {
    writeFileSync(join(directory, 'secret.sql'), 'select 1', { mode: 0o000 })
    const path = write('{"mine": {"every": 2, "query_file": "secret.sql"}}')
    const loaded = asOtherUser(() => loadMetrics(path, { isSqream: true }))
    expect(textOf(loaded)).toContain('"secret.sql", which may not be read by this user')
  })
})

describe('the key $schema', () => {
  it('is read past: it is for editors, and no metric', () => {
    const loaded = load({ $schema: '../config_files/monitor_input.schema.json', show_locks: 2 })
    expect(metricsOf(loaded).map(({ name }) => name)).toEqual(['show_locks'])
  })

  it('is a string, and does not count as a metric', () => {
    expect(sentencesOf(load({ $schema: 5, show_locks: 2 }))).toContain(
      '$schema is 5; expected the path of a schema, a string',
    )
    expect(sentencesOf(load({ $schema: 'x' }))).toContain('expected at least one metric')
  })
})
