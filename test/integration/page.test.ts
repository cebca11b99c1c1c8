import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RowtailEvent } from '../../src/core/events.ts'
import { openBrowser, openPage, phone, type Screen } from '../support/browser.ts'
import {
  hung,
  lokiAway,
  missingTable,
  sceneMetrics,
  troubledScene,
  wellScene,
} from '../support/page-scenes.ts'
import { oneMetric, startedServices } from '../support/services.ts'
import { startWebService, type WebService, type WebServiceOptions } from '../support/web-service.ts'

let browser: Browser
let service: WebService | undefined
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  await service?.web.close()
})

type Shown = { readonly page: Page; readonly faults: string[]; readonly service: WebService }

async function show(
  events: readonly RowtailEvent[],
  options: Partial<WebServiceOptions> & { screen?: Screen } = {},
): Promise<Shown> {
  const { screen = {}, ...rest } = options
  const started = await startWebService({ metrics: sceneMetrics, ...rest })
  service = started
  started.tell(events)
  const { page, faults } = await openPage(browser, started.web.address, screen)
  return { page, faults, service: started }
}

const headline = (page: Page) => page.locator('h1').innerText()
const card = (page: Page, name: string) => page.getByRole('article', { name, exact: true })

/** What a person reads of a metric, on one line. */
async function textOf(page: Page, name: string): Promise<string> {
  return (await card(page, name).innerText()).replaceAll(/\s+/g, ' ')
}

describe('what a person sees of a service', () => {
  it('that starts: which check it waits for, and why', async () => {
    const waiting = { type: 'check.waiting', check: 'Loki', error: lokiAway, waitMs: 30_000 } as const
    const { page } = await show([{ ...waiting, atMs: Date.now() }])
    await expect.poll(() => headline(page)).toBe('Starting')
    const text = await page.locator('.attention').innerText()
    expect(text).toContain(
      'Check Loki: waiting. Loki does not answer at http://loki:3100: connection refused.',
    )
    expect(text).toContain('What to do: See whether it runs there')
    expect(await textOf(page, 'show_locks')).toContain('waiting every 2s No run has ended yet.')
  })

  it('that is well', async () => {
    const { page, faults } = await show(wellScene(Date.now()))
    await expect.poll(() => headline(page)).toBe('All is well')
    const text = await textOf(page, 'show_locks')
    expect(text).toMatch(/^show_locks ok every 2s · next (now|in \d+s)/)
    expect(text).toMatch(/Last good run, \d+s ago 10 rows in 24ms Success 100% of 60 runs Waiting nothing/)
    expect(text).toMatch(/Sent \d+(\.\d)? rows\/s/)
    expect(await textOf(page, 'reset_leveldb_stats')).toContain('Sent not sent')
    const chart = card(page, 'show_locks').getByRole('img', {
      name: /the last 60 runs: durations up to 68ms, 0 failed/,
    })
    expect(await chart.count()).toBe(1)
    expect(await page.title()).toBe('All is well · db1_5000_master · rowtail')
    expect(faults).toEqual([])
  })

  it('whose metric fails: the error in words, the words of the database, and what to do', async () => {
    const failed = { error: missingTable, durationMs: 20, rows: 0, failures: 1 } as const
    const atMs = Date.now()
    const event = {
      type: 'run.failed',
      metric: 'show_cluster_nodes',
      atMs,
      nextMs: atMs + 1_000,
      ...failed,
    } as const
    const { page } = await show([...wellScene(atMs), event])
    await expect.poll(() => headline(page)).toBe('1 thing to look at')
    expect(await page.locator('.attention').innerText()).toBe('show_cluster_nodes is failing.')
    const text = await textOf(page, 'show_cluster_nodes')
    expect(text).toContain('show_cluster_nodes failing')
    expect(text).toContain('The database refused the query of show_cluster_nodes.')
    expect(text).toContain('It said: ERROR: function show_cluster_nodes() does not exist')
    expect(text).toContain('What to do: Run the query by hand with the same login')
    expect(text).toContain('98% of 60 runs')
    await page.locator('.attention a').click()
    expect(new URL(page.url()).hash).toBe('#metric-show_cluster_nodes')
  })

  it('whose Loki is away: for how long, how much waits, and since when', async () => {
    const { page } = await show(troubledScene(Date.now()))
    await expect.poll(() => headline(page)).toBe('3 things to look at')
    const top = await page.locator('header.top').innerText()
    expect(top).toMatch(/Loki has been lost for 1m \d+s: Loki does not answer at http:\/\/loki:3100/)
    expect(top).toMatch(/Loki\s+away for 1m \d+s/)
    expect(top).toMatch(/Waiting\s+1,341 rows, 170.3 KiB, 0% full, 2 dead letters/)
    expect(await textOf(page, 'show_server_status')).toMatch(/Waiting, oldest 1m \d+s 1,204 rows, 152.9 KiB/)
  })

  it('with an isolated metric, and a former one that drains', async () => {
    const { page } = await show(troubledScene(Date.now()))
    await card(page, 'largest_tables').waitFor()
    const isolated = await textOf(page, 'get_leveldb_stats')
    expect(isolated).toContain('get_leveldb_stats isolated')
    expect(isolated).toContain('runs in a process of its own and harms no other')
    expect(isolated).toContain(hung.message)
    const draining = await textOf(page, 'largest_tables')
    expect(draining).toContain('largest_tables draining no longer configured')
    expect(draining).toContain('2 dead letters')
  })

  it('whose login is refused: one reason, not one of each metric', async () => {
    const error = { code: 'login_refused', message: 'The database refuses the user sqream.' } as const
    const event = { type: 'login.refused', error, probeMs: 60_000, atMs: Date.now() } as const
    const { page } = await show([...wellScene(Date.now()), event])
    await expect.poll(() => headline(page)).toBe('1 thing to look at')
    expect(await page.locator('.attention').innerText()).toBe(error.message)
    expect(await textOf(page, 'show_locks')).toContain('show_locks login refused every 2s')
  })

  it('that everybody can read', async () => {
    const { page } = await show(wellScene(Date.now()), { host: '0.0.0.0' })
    expect(await page.getByText('no --listen_password is set').isVisible()).toBe(true)
  })
})

describe('the page lives', () => {
  it('what happens is shown without a reload', async () => {
    const { page, service: running } = await show(wellScene(Date.now()))
    await expect.poll(() => headline(page)).toBe('All is well')
    running.tell([{ type: 'sink.lost', error: lokiAway, atMs: Date.now() }])
    await expect.poll(() => headline(page)).toBe('1 thing to look at')
    running.tell([{ type: 'sink.back', awayMs: 1_000, atMs: Date.now() }])
    await expect.poll(() => headline(page)).toBe('All is well')
  })

  it('that rowtail is gone is said, and it is found again after a restart', async () => {
    const { page, service: running } = await show(wellScene(Date.now()))
    await expect.poll(() => headline(page)).toBe('All is well')
    await running.web.close()
    await expect.poll(() => headline(page)).toBe('No connection to rowtail')
    expect(await page.getByRole('status').innerText()).toMatch(
      /^What is shown was so \d+s ago. Trying again.$/,
    )
    const next = await startWebService({ metrics: sceneMetrics.slice(0, 1), port: running.port })
    service = next
    next.tell(wellScene(Date.now()).filter((event) => !('metric' in event)))
    await expect.poll(() => headline(page)).toBe('All is well')
    expect(await page.getByRole('article').count()).toBe(1)
    expect(await textOf(page, 'show_server_status')).toContain('no run yet')
  })

  it('a password is asked for once, for the page and its events', async () => {
    const password = 'correct-horse'
    const screen = { httpCredentials: { username: 'anybody', password } }
    const { page } = await show(wellScene(Date.now()), { password, screen })
    await expect.poll(() => headline(page)).toBe('All is well')
  })
})

describe('the page of a real service', () => {
  const services = startedServices(afterEach)

  it('shows its metric, and the latest rows of the database', async () => {
    const real = await services.start({
      ...oneMetric('page_real'),
      metrics: { page_real: { every: '1s', query } },
    })
    await real.ready()
    const { page, faults } = await openPage(browser, `http://127.0.0.1:${real.port}`)
    await expect.poll(() => headline(page)).toBe('All is well')
    await card(page, 'page_real').getByText('Latest rows').click()
    const values = () => card(page, 'page_real').locator('td').allInnerTexts()
    await expect.poll(values).toEqual(['3', '3.30', '4', '4.40', '5', '5.50', '6', '6.60', '7', '7.70'])
    await expect
      .poll(() => textOf(page, 'page_real'))
      .toMatch(/7 rows in .* 100% of \d+ runs? Waiting nothing/)
    expect(faults).toEqual([])
  })
})

describe('a real service that others reach', () => {
  const services = startedServices(afterEach)

  it.each([
    [[], 1],
    [['--listen_password', 'correct-horse'], 0],
  ])('warns of it in its log, with the flags %j so often: %d', async (flags, warnings) => {
    const options = oneMetric('page_open')
    const listen = ['--listen', '0.0.0.0:0', ...flags]
    const real = await services.start({ ...options, listen: 'default', flags: [...options.flags, ...listen] })
    await real.ready()
    const told = real
      .log()
      .filter(({ level, msg }) => level === 'warn' && msg.startsWith('Everybody who reaches'))
    expect(told).toHaveLength(warnings)
    expect(JSON.stringify(real.log())).not.toContain('correct-horse')
  })
})

const query = 'select n, n * 1.10 as price from generate_series(1, 7) as n order by n'

describe('latest rows', () => {
  const finished = wellScene(Date.now()).findLast(
    (event) => event.type === 'run.finished' && event.metric === 'show_locks',
  )

  async function showRows(lines: readonly string[], screen: Screen = {}): Promise<Shown> {
    if (finished?.type !== 'run.finished') throw new Error('the scene has no run of show_locks')
    const shown = await show([...wellScene(Date.now()), { ...finished, latestRows: lines }], { screen })
    await card(shown.page, 'show_locks').getByText('Latest rows').click()
    return shown
  }

  const cells = (page: Page) => card(page, 'show_locks').locator('td').allInnerTexts()

  it('are a table of what the rows have, with every digit', async () => {
    const { page } = await showRows(['{"id":12345678901234567890,"name":"a"}', '{"id":1.10,"extra":null}'])
    expect(await card(page, 'show_locks').locator('th').allInnerTexts()).toEqual(['id', 'name', 'extra'])
    expect(await cells(page)).toEqual(['12345678901234567890', 'a', '', '1.10', '', 'null'])
  })

  it('are shown as they are where they were cut', async () => {
    const { page } = await showRows(['{"text":"abc…'])
    expect(await cells(page)).toEqual(['{"text":"abc…'])
  })

  it('stay open and in their place while the page goes on', async () => {
    const { page, service: running } = await showRows(['{"id":1}'])
    if (finished?.type !== 'run.finished') throw new Error('the scene has no run of show_locks')
    running.tell([{ ...finished, latestRows: ['{"id":2}'] }])
    await expect.poll(() => cells(page)).toEqual(['2'])
  })
})

describe('text of others is text', () => {
  const attack = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`

  it('in rows, names of columns, errors, and names of metrics', async () => {
    const atMs = Date.now()
    const metrics = [{ name: attack, intervalMs: 1_000, send: true }]
    const error = { code: 'query_failed', message: attack, said: attack, hint: attack } as const
    const { page, faults } = await show(
      [
        ...wellScene(atMs).filter((event) => !('metric' in event)),
        {
          type: 'run.finished',
          metric: attack,
          atMs,
          rows: 1,
          bytes: 1,
          durationMs: 1,
          isCut: false,
          flags: [],
          skippedTicks: 0,
          failuresBefore: 0,
          isSent: true,
          nextMs: atMs,
          latestRows: [JSON.stringify({ [attack]: attack }), attack],
        },
        {
          type: 'run.failed',
          metric: attack,
          error,
          durationMs: 1,
          rows: 0,
          failures: 1,
          nextMs: atMs,
          atMs,
        },
      ],
      { metrics },
    )
    await page.getByText('Latest rows').click()
    expect(await page.locator('td').allInnerTexts()).toContain(attack)
    expect(await page.locator('h2').innerText()).toBe(attack)
    expect(await page.locator('.trouble').innerText()).toContain(`It said: ${attack}`)
    expect(await page.locator('img, script:not([src])').count()).toBe(0)
    expect(await page.title()).toBe('1 thing to look at · db1_5000_master · rowtail')
    expect(faults).toEqual([])
  })
})

describe('everybody can read it', () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

  async function violations(page: Page): Promise<string[]> {
    // Evaluated by the debugger, which the page's own policy does not bind.
    await page.evaluate(axe)
    const found = await page.evaluate<AxeResults>('axe.run()')
    expect(found.passes.length).toBeGreaterThan(15)
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  }

  it.each(['light', 'dark'] as const)('axe finds nothing wrong with it in %s', async (colorScheme) => {
    for (const scene of [wellScene, troubledScene]) {
      const { page } = await show(scene(Date.now()), { screen: { colorScheme } })
      await page.getByText('Latest rows').first().click()
      expect(await violations(page)).toEqual([])
      await service?.web.close()
    }
  })

  /** Runs in the page. */
  const whatScrolls = `[...document.querySelectorAll('*')]
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0)
    .map((node) => node.tagName + '.' + node.className + ': ' + node.scrollWidth)`

  it('nothing scrolls sideways on a phone, however long the words and wide the rows', async () => {
    const atMs = Date.now()
    const long = 'w'.repeat(300)
    const wide = JSON.stringify(
      Object.fromEntries(Array.from({ length: 45 }, (_, at) => [`column_${at}_${long}`, long])),
    )
    const scene = troubledScene(atMs).map((event): RowtailEvent => {
      if (event.type === 'run.failed') return { ...event, error: { ...event.error, said: long } }
      return event.type === 'run.finished' ? { ...event, latestRows: [wide, '{"a":1,"b":"x"}'] } : event
    })
    const { page } = await show(scene, { screen: { viewport: phone } })
    for (const summary of await page.getByText('Latest rows').all()) await summary.click()
    const sideways = await page.evaluate<string[]>(whatScrolls)
    expect(sideways).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width)
  })
})
