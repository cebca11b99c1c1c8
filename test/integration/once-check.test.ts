// The commands `once` and `check` as an operator sees them: what they print, how they end, and that they
// leave nothing behind, neither in Loki nor on disk.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { byRun } from '../support/entries-of-loki.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { runToEnd, startedServices } from '../support/services.ts'

const services = startedServices(afterEach)

const metrics = {
  asked_rows: {
    every: '1h',
    query: `select n, 'say "😀"' as "two words", null as none from generate_series(1, 3) as n`,
  },
  asked_host: { every: '1h', query: "select 'h' as host, 'NaN'::float8 as ratio" },
  asked_effect: { every: '1h', query: "select nextval('asked_effects') as effect", send: false },
}
const broken = { asked_broken: { every: '1h', query: 'select * from no_such_table' } }

/** The secret in the environment: on the command line it would be a warning. */
function servers(connection: Readonly<Record<string, string>> = {}, lokiUrl = sharedLoki().baseUrl) {
  return {
    flags: ['--loki_url', lokiUrl],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString(connection) },
  }
}

async function effects(): Promise<string> {
  await sharedPostgres().psql('create sequence if not exists asked_effects')
  return sharedPostgres().psql('select is_called from asked_effects')
}

describe('once', () => {
  it('prints the rows of a metric exactly as Loki stores them, and leaves nothing behind', async () => {
    await effects()
    const options = { metrics, ...servers() }
    const once = await runToEnd({ ...options, command: 'once', metricNames: ['asked_rows'] })
    expect(once.exit).toEqual({ code: 0, signal: null })
    expect(await sharedLoki().query('{job="asked_rows"}')).toEqual([])
    expect(existsSync(path.join(once.service.directory, 'state'))).toBe(false)

    const service = await services.start({ ...options, metrics: { asked_rows: metrics.asked_rows } })
    await service.ready()
    await service.metric('asked_rows', ({ delivered }) => delivered.rows >= 3)
    const [stored = []] = byRun(await sharedLoki().query('{job="asked_rows"}'))
    expect(once.stdout).toBe(stored.map(({ line }) => `${line}\n`).join(''))
  })

  it('without names runs each metric that sends, and no other', async () => {
    const before = await effects()
    const { exit, stdout, stderr } = await runToEnd({ metrics, ...servers(), command: 'once' })
    expect(exit.code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    expect(stderr).toMatch(/^asked_rows: 3 rows in /m)
    expect(stderr).not.toContain('asked_effect')
    expect(await effects()).toBe(before)
  })

  it('runs a metric that sends nothing where it is named', async () => {
    await effects()
    const { stdout } = await runToEnd({
      metrics,
      ...servers(),
      command: 'once',
      metricNames: ['asked_effect'],
    })
    expect(stdout).toMatch(/^\{"effect":\d+\}\n$/)
  })

  it('ends with 2 and the nearest name for a metric that does not exist', async () => {
    const { exit, stdout, output } = await runToEnd({
      metrics,
      ...servers(),
      command: 'once',
      metricNames: ['asked_row'],
    })
    expect(exit.code).toBe(2)
    expect(stdout).toBe('')
    expect(output).toContain("There is no metric 'asked_row' in the metrics file.")
    expect(output).toContain("Did you mean 'asked_rows'?")
  })

  it('ends with 3 where a query fails, after the others', async () => {
    const { exit, stdout, stderr } = await runToEnd({
      metrics: { ...broken, ...metrics },
      ...servers(),
      command: 'once',
    })
    expect(exit.code).toBe(3)
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    expect(stderr).toMatch(/^asked_broken: failed after .*no_such_table/ms)
  })
})

describe('check', () => {
  it('tells every check and every query in a line each, and pushes nothing', async () => {
    const before = await effects()
    const { exit, stdout, service } = await runToEnd({ metrics, ...servers(), command: 'check' })
    expect(exit).toEqual({ code: 0, signal: null })
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '))
    const { port } = sharedPostgres().address
    expect(lines).toEqual([
      expect.stringMatching(/^ok metrics 3 metrics in .*monitor_input\.json$/),
      expect.stringMatching(/^ok state directory .*state$/),
      expect.stringContaining(`ok database Connected and logged in: `),
      expect.stringMatching(/^ok loki Loki takes pushes at http:.*$/),
      expect.stringMatching(/^ok asked_rows 3 rows in \S+, 0 % of its interval of 1h; .* a day$/),
      expect.stringMatching(/^ columns: n int4, two_words (?:text|unknown), none (?:text|unknown)$/),
      expect.stringMatching(/^ok asked_host 1 row in .*$/),
      expect.stringMatching(/^ columns: /),
      expect.stringContaining('warn asked_host column "ratio"'),
      expect.stringContaining('warn asked_host column "host": LogQL\'s `| json` calls it host_extracted'),
      expect.stringContaining('skip asked_effect not run here'),
      expect.stringMatching(/^ok volume 5 streams, .* a day before compression; the spools hold .* of it$/),
      expect.stringMatching(/^ok limits of Loki none would be met; they are those of its \/config/),
    ])
    expect(lines[2]).toContain(`port ${port}`)
    expect(await effects()).toBe(before)
    expect(await sharedLoki().query('{job="asked_host"}')).toEqual([])
    expect(existsSync(path.join(service.directory, 'state', 'spool'))).toBe(false)
  })

  it('tells all of it as one JSON document, for programs', async () => {
    const own = ['--json', '--max_rows', '2']
    const { flags, env } = servers()
    const options = { metrics: { ...broken, ...metrics }, flags: [...flags, ...own], env }
    const { exit, stdout } = await runToEnd({ ...options, command: 'check' })
    expect(exit.code).toBe(3)
    const report: unknown = JSON.parse(stdout)
    expect(report).toMatchObject({
      version: 1,
      exitCode: 3,
      findings: expect.arrayContaining([
        expect.objectContaining({ result: 'ok', what: 'loki' }),
        expect.objectContaining({ result: 'failed', what: 'asked_broken', code: 'query_failed' }),
        expect.objectContaining({ result: 'warning', what: 'asked_rows' }),
      ]),
      metrics: [
        { metric: 'asked_broken', result: 'failed', sends: true },
        {
          metric: 'asked_rows',
          result: 'ok',
          intervalSeconds: 3_600,
          rows: 2,
          columns: [{ name: 'n', type: 'int4' }, { name: 'two_words' }, { name: 'none' }],
          flags: [{ column: '*', why: 'rows_cut' }],
        },
        { metric: 'asked_host', result: 'ok' },
        { metric: 'asked_effect', result: 'not_run', sends: false },
      ],
      volume: { streams: 7 },
      limits: { source: 'config', lineBytes: 262_144 },
    })
  })

  it('warns of a query that takes longer than its interval, and of a limit that would be met', async () => {
    const wide = { every: '1s', query: "select repeat('x', 250000) as wide" }
    const slow = { every: '100ms', query: 'select pg_sleep(0.15)::text as slept' }
    const { flags, env } = servers()
    const { exit, stdout } = await runToEnd({
      metrics: { asked_wide: wide, asked_slowly: slow },
      flags: [...flags, '--loki_stream_rate', '64KiB'],
      env,
      command: 'check',
    })
    expect(exit.code).toBe(0)
    expect(stdout).toMatch(
      /^warn\s+asked_slowly\s+the run took longer than the interval: .* rows come every /m,
    )
    expect(stdout).toMatch(/^warn\s+limits of Loki\s+asked_wide would write .* --loki_stream_rate is 64 KiB/m)
  })

  it('warns of what the driver loses without a value showing it', async () => {
    const dated = { asked_dated: { every: '1h', query: "select date '0044-03-15 BC' as died" } }
    const { exit, stdout } = await runToEnd({ metrics: dated, ...servers(), command: 'check' })
    expect(exit.code).toBe(0)
    expect(stdout).toMatch(/^warn {2}driver {16}psqlodbcw\.so has no era of dates: .*column::text/m)
  })

  it('ends with 3 where a query fails, and asks the others all the same', async () => {
    const { exit, stdout } = await runToEnd({
      metrics: { ...broken, ...metrics },
      ...servers(),
      command: 'check',
    })
    expect(exit.code).toBe(3)
    expect(stdout).toMatch(/^FAIL\s+asked_broken\s.*no_such_table/m)
    expect(stdout).toMatch(/^ok\s+asked_rows\s/m)
  })

  it('ends with 3 where the database refuses the login, in its own words, and asks nothing', async () => {
    const { exit, stdout, output } = await runToEnd({
      metrics,
      ...servers({ Pwd: 'wrong-for-the-test' }),
      command: 'check',
    })
    expect(exit.code).toBe(3)
    expect(stdout).toMatch(/^FAIL\s+database\s.*password authentication failed/m)
    expect(stdout).not.toContain('asked_rows')
    expect(output).not.toContain('wrong-for-the-test')
  })

  it('ends with 3 where Loki is away, and asks the database all the same', async () => {
    const { exit, stdout } = await runToEnd({
      metrics,
      ...servers({}, 'http://127.0.0.1:1'),
      command: 'check',
    })
    expect(exit.code).toBe(3)
    expect(stdout).toMatch(/^FAIL\s+loki\s.*127\.0\.0\.1:1/m)
    expect(stdout).toMatch(/^ok\s+asked_rows\s+3 rows/m)
    expect(stdout).toMatch(/^ok\s+limits of Loki\s+none would be met; .* its defaults$/m)
  })
})
