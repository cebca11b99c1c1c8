// The same service by other means: the other ODBC binding, SQLite instead of ODBC, a user without rights.

import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { sharedLoki } from '../support/servers/shared.ts'
import { newServiceDirectory } from '../support/service.ts'
import { nobody, oneMetric, startedServices } from '../support/services.ts'

const services = startedServices(afterEach)

describe('the binding of the package', () => {
  it('runs the same metric', async () => {
    const options = oneMetric('variants_package')
    const service = await services.start({
      ...options,
      flags: [...options.flags, '--odbc_binding', 'package'],
    })
    await service.ready()
    await service.metric('variants_package', ({ delivered }) => delivered.rows >= 3)
    const [entry] = await sharedLoki().query('{job="variants_package"}')
    expect(entry?.line).toBe('{"one":1}')
  })
})

describe('a SQLite target', () => {
  it('has a hung query ended with its host, while other metrics run on', async () => {
    const directory = newServiceDirectory()
    const file = path.join(directory, 'target.db')
    const database = new DatabaseSync(file)
    database.exec('create table t (a); insert into t values (1)')
    database.close()
    const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n'
    const service = await services.start({
      metrics: {
        variants_endless: { every: '500ms', timeout: '1s', query: endless },
        variants_sqlite: { every: '200ms', query: 'select a from t' },
      },
      flags: ['--driver', 'sqlite', '--database', file, '--loki_url', sharedLoki().baseUrl],
      directory,
    })
    await service.ready()
    const hung = await service.metric('variants_endless', ({ runs }) => runs.failed > 0)
    expect(hung.lastError?.code).toBe('query_abandoned')
    await service.logged(({ event }) => event === 'host.lost', 'the end of its host')
    await service.metric('variants_endless', ({ runningSinceMs }) => runningSinceMs !== undefined)
    const beside = await service.metric('variants_sqlite', ({ delivered }) => delivered.rows > 0)
    expect(beside.runs.failed).toBe(0)
  })
})

describe('an unprivileged user', () => {
  it('runs the whole service', async () => {
    const directory = newServiceDirectory(nobody)
    const options = { ...oneMetric('variants_nobody'), directory, user: nobody }
    const service = await services.start({ ...options, env: { ...options.env, HOME: directory } })
    await service.ready()
    await service.metric('variants_nobody', ({ delivered }) => delivered.rows > 0)
    expect((await service.stop()).code).toBe(0)
  })
})

describe('labels of the operator', () => {
  it('join those of every stream, and a metric has its own', async () => {
    const service = await services.start({
      ...oneMetric('variants_labels'),
      metrics: { variants_labels: { every: '1h', query: 'select 1 as one', labels: { team: 'storage' } } },
      flags: ['--loki_url', sharedLoki().baseUrl, '--label', 'env=test', '--label', 'site=north'],
    })
    await service.ready()
    await service.metric('variants_labels', ({ runs, spool }) => runs.ok > 0 && spool.rows === 0)
    const where = { host: '127.0.0.1', database: 'postgres', env: 'test', site: 'north' }
    const [row] = await sharedLoki().query('{job="variants_labels"}')
    expect(row?.labels).toEqual({
      job: 'variants_labels',
      service_name: 'variants_labels',
      team: 'storage',
      ...where,
    })
    const [run] = await sharedLoki().query('{job="rowtail", metric="variants_labels"}')
    expect(run?.labels).toEqual({
      job: 'rowtail',
      service_name: 'rowtail',
      metric: 'variants_labels',
      ...where,
    })
  })
})
