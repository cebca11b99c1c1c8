import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from './surroundings.ts'

const node = join(repository, 'node_modules/.bin/node')
const main = join(repository, 'src/main.ts')

function rowtail(
  args: readonly string[],
  options: { env?: Record<string, string>; node?: readonly string[] } = {},
) {
  const { status, stdout, stderr } = spawnSync(node, [...(options.node ?? []), main, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.env },
  })
  return { status, stdout, stderr }
}

describe('the process', () => {
  it('is found by a shell as the command of the installed package', () => {
    const [first] = readFileSync(main, 'utf8').split('\n')
    expect(first).toBe('#!/usr/bin/env node')
  })

  it('prints the version of package.json', () => {
    const manifest: { version: string } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
    expect(rowtail(['--version'])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it('ends with 2 and one sentence for a misspelt flag and a port out of range', () => {
    expect(rowtail(['check', '--prot', '1', '--port', '65536'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'rowtail cannot start, 2 settings are wrong:\n' +
        '"--prot" is no flag of rowtail\n' +
        '  Did you mean "--port"?\n' +
        '--port is "65536"; expected a whole number from 1 to 65535\n',
    })
  })

  it('ends with 2 for a secret file that is missing', () => {
    expect(rowtail(['check'], { env: { ROWTAIL_PASSWORD_FILE: '/nowhere/password' } })).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'rowtail cannot start, one setting is wrong:\n' +
        'ROWTAIL_PASSWORD_FILE is "/nowhere/password", which does not exist\n',
    })
  })

  it('ends with 2 for a metrics file with faults, all of them told', () => {
    const fixtures = join(repository, 'test/config/fixtures')
    const faults = rowtail(['check', '--metrics_json_path', join(fixtures, 'invalid-negative-interval.json')])
    expect(faults).toMatchObject({ status: 2, stdout: '' })
    expect(faults.stderr).toContain('invalid-negative-interval.json:2:17')
    expect(faults.stderr).toContain('show_server_status.every is -0.5; expected more than 0 seconds')
  })

  it('ends with 2 for a metrics file that is missing', () => {
    const missing = rowtail(['run', '--metrics_json_path', '/nowhere/monitor_input.json'])
    expect(missing).toMatchObject({ status: 2, stdout: '' })
    expect(missing.stderr).toContain('/nowhere/monitor_input.json  the file does not exist\n')
  })

  it('says what an older Node needs, and ends with 2', () => {
    const asNode20 =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.1' } })"
    const old = rowtail(['--help'], {
      node: ['--import', `data:text/javascript,${encodeURIComponent(asNode20)}`],
    })
    expect(old).toMatchObject({ status: 2, stdout: '' })
    expect(old.stderr).toBe(
      'rowtail needs Node 24 or newer; this is 20.19.1.\n' +
        'Run it with a newer one:\n' +
        '  npx -p node@24 rowtail …               an installed rowtail\n' +
        '  node_modules/.bin/node dist/main.js …  a clone, after npm ci\n',
    )
  })

  it.each([
    ['--password', 'c4nary'],
    ['--password=c4nary', '--port=1'],
    ['--loki_token', 'c4nary'],
    ['--connection_string', 'DSN=x;PWD=c4nary'],
    ['--loki_url', 'http://user:c4nary@loki'],
    ['-password', 'c4nary'],
  ])('shows no secret in its command line: %s %s', async (...args) => {
    // The fault of --port ends it; until its standard input ends, the module before main.ts holds it for a
    // look.
    const hold = "process.stdin.resume(); process.once('exit', () => {})"
    const child = spawn(
      node,
      ['--import', `data:text/javascript,${encodeURIComponent(hold)}`, main, '--prot', ...args],
      {
        stdio: ['pipe', 'ignore', 'pipe'],
      },
    )
    const exit = once(child, 'exit')
    await once(child.stderr, 'data')
    const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')
    child.stdin.end()
    await exit
    expect(commandLine).toMatch(/^rowtail/)
    expect(commandLine).not.toContain('c4nary')
  })
})
