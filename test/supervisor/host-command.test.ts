import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hostCommand, hostEnvironment } from '../../src/supervisor/host-command.ts'
import { temporaryDirectory } from '../spool/support/temporary-spool.ts'

afterEach(() => void vi.unstubAllEnvs())

describe('the command of a host', () => {
  it('dies with its parent, where the system can see to that', () => {
    const directory = temporaryDirectory()
    const setpriv = path.join(directory, 'setpriv')
    writeFileSync(setpriv, '')
    chmodSync(setpriv, 0o755)
    vi.stubEnv('PATH', `/nonexistent:${directory}`)
    const node = [process.execPath, '--max-old-space-size=1024', 'main.ts']
    const onLinux = { command: setpriv, args: ['--pdeathsig', 'KILL', '--', ...node] }
    const elsewhere = { command: process.execPath, args: node.slice(1) }
    expect(hostCommand('main.ts')).toEqual(process.platform === 'linux' ? onLinux : elsewhere)
  })

  it('is Node alone where it cannot', () => {
    vi.stubEnv('PATH', '')
    const args = ['--max-old-space-size=1024', 'main.ts']
    expect(hostCommand('main.ts')).toEqual({ command: process.execPath, args })
  })
})

describe('the environment of a host', () => {
  it('holds no setting of ours, for they hold secrets, and all else', () => {
    vi.stubEnv('ROWTAIL_PASSWORD', 'secret')
    vi.stubEnv('ODBCINI', '/etc/odbc.ini')
    const environment = hostEnvironment(1)
    expect(Object.keys(environment).filter((name) => name.startsWith('ROWTAIL_'))).toEqual([])
    expect(environment['ODBCINI']).toBe('/etc/odbc.ini')
  })

  it.each([
    [undefined, '2'],
    ['4', '4'],
  ])('has two heaps for all threads unless the operator says otherwise: %s', (given, arenas) => {
    vi.stubEnv('MALLOC_ARENA_MAX', given)
    expect(hostEnvironment(1)['MALLOC_ARENA_MAX']).toBe(arenas)
  })

  it.each([
    [0, '4'],
    [6, '16'],
    [510, '1024'],
    [511, '1024'],
  ])('has two threads for each of %d connections and four more, at most 1,024', (connections, threads) => {
    expect(hostEnvironment(connections)['UV_THREADPOOL_SIZE']).toBe(threads)
  })
})
