import { describe, expect, it } from 'vitest'
import type { Target } from '../../src/core/target.ts'
import { faultsOf, settingsOf } from './surroundings.ts'

function targetOf(...args: string[]): Target {
  return settingsOf(args).target
}

describe('a SQreamDB', () => {
  it('is named by host, port and database, and labelled by host and database', () => {
    const target = targetOf('--host', '10.0.0.1', '--port', '3108', '--database', 'sales', '--clustered')
    expect(target).toMatchObject({
      name: '10.0.0.1_3108_sales',
      labels: { host: '10.0.0.1', database: 'sales' },
      isSqream: true,
      tried: { clustered: 'true' },
    })
    expect(target.connectionString).toContain('Cluster=true;')
  })

  it('is known by its driver in any case', () => {
    expect(targetOf('--driver', 'sqreamodbcdriver').isSqream).toBe(true)
  })

  it('has a name that is safe as a directory, and not the name of another target', () => {
    const one = targetOf('--database', 'a/b').name
    const other = targetOf('--database', 'a b').name
    expect(one).toMatch(/^localhost_5000_a_b_[0-9a-f]{8}$/)
    expect(other).toMatch(/^localhost_5000_a_b_[0-9a-f]{8}$/)
    expect(one).not.toBe(other)
  })

  it('may be called by another name, which leaves its labels alone', () => {
    const target = targetOf('--target_name', 'prod')
    expect(target).toMatchObject({ name: 'prod', labels: { host: 'localhost', database: 'master' } })
  })
})

describe('another ODBC driver', () => {
  it('gets what was given, and no default of SQreamDB but the host', () => {
    expect(targetOf('--driver', 'PostgreSQL Unicode', '--database', 'app', '--user', 'ann')).toEqual({
      kind: 'odbc',
      connectionString: 'Driver={PostgreSQL Unicode};Server=localhost;Database=app;User=ann;UID=ann;',
      binding: 'direct',
      name: 'localhost_app',
      labels: { host: 'localhost', database: 'app' },
      isSqream: false,
      tried: { driver: 'PostgreSQL Unicode', host: 'localhost', database: 'app', user: 'ann' },
    })
  })

  it('has no service', () => {
    expect(faultsOf(['--driver', 'PostgreSQL Unicode', '--service', 'monitor', '--clustered'])).toEqual([
      '--service stands together with --driver PostgreSQL Unicode: only SqreamODBCDriver has it',
      '--clustered stands together with --driver PostgreSQL Unicode: only SqreamODBCDriver has it',
    ])
  })
})

describe('a connection string', () => {
  it('gives name and labels by its server, port and database', () => {
    const text = 'Driver={PostgreSQL Unicode};Servername=db1;Port=5432;Database=app;Uid=ann;Pwd={a;b}'
    expect(targetOf('--connection_string', text)).toEqual({
      kind: 'odbc',
      connectionString: text,
      binding: 'direct',
      name: 'db1_5432_app',
      labels: { host: 'db1', database: 'app' },
      isSqream: false,
      tried: { driver: 'PostgreSQL Unicode', host: 'db1', port: '5432', database: 'app', user: 'ann' },
    })
  })

  it('is labelled by its DSN where it names no server', () => {
    expect(targetOf('--connection_string', 'DSN=warehouse;PWD=x')).toMatchObject({
      name: 'warehouse',
      labels: { host: 'warehouse', database: 'warehouse' },
    })
  })

  it('has a name from a hash that a new password leaves alone, where nothing else names it', () => {
    const name = (password: string, option: string) =>
      targetOf('--connection_string', `Driver={X};PWD=${password};Option=${option}`).name
    expect(name('a', '1')).toMatch(/^odbc_[0-9a-f]{8}$/)
    expect(name('b', '1')).toBe(name('a', '1'))
    expect(name('a', '2')).not.toBe(name('a', '1'))
  })

  it('takes its labels from --target_name where it tells no server', () => {
    expect(targetOf('--connection_string', 'Driver={X}', '--target_name', 'prod').labels).toEqual({
      host: 'prod',
      database: 'prod',
    })
  })

  it('is a SQreamDB by its driver', () => {
    expect(targetOf('--connection_string', 'Driver={SqreamODBCDriver};Server=s').isSqream).toBe(true)
  })

  it('stands in place of the flags, and needs a driver or a DSN', () => {
    expect(faultsOf(['--connection_string', 'DSN=x', '--host', 'a', '--driver', 'b'])).toEqual([
      '--connection_string stands together with --driver, --host; expected one or the other',
    ])
    expect(faultsOf(['--connection_string', 'Server=x'])).toEqual([
      '--connection_string is not usable; expected settings such as ' +
        'Driver={PostgreSQL Unicode};Server=db1;…, with a Driver or a DSN',
    ])
  })
})

describe('a SQLite file', () => {
  it('is labelled by this machine and its own name, and its directory tells it apart', () => {
    const target = targetOf('--driver', 'sqlite', '--database', 'data/app.db')
    expect(target).toMatchObject({
      kind: 'sqlite',
      connectionString: '/srv/data/app.db',
      labels: { host: 'box', database: 'app.db' },
      isSqream: false,
      tried: { driver: 'sqlite', database: '/srv/data/app.db' },
    })
    const other = targetOf('--driver', 'sqlite', '--database', 'other/app.db')
    expect(target.name).toMatch(/^sqlite_app\.db_[0-9a-f]{8}$/)
    expect(other.name).not.toBe(target.name)
  })

  it('may be given a host label of its own, for machines whose name changes', () => {
    expect(targetOf('--driver', 'sqlite', '--database', 'a.db', '--host', 'shop').labels.host).toBe('shop')
  })

  it('needs a path and nothing that only a server has', () => {
    expect(faultsOf(['--driver', 'sqlite', '--port', '1'])).toEqual([
      '--port stands together with --driver sqlite: a SQLite file has none',
      '--driver sqlite stands without --database; expected the path of a file',
    ])
  })
})
