import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConnectionString } from '../../src/sources/sql/connection-string.ts'
import { asOtherUser } from '../support/other-user.ts'
import { faultsOf, resolve, settingsOf, warningsOf } from './surroundings.ts'

const canary = 'Tr0ub4dor;{&}3'
let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rowtail-secrets-'))
  chmodSync(directory, 0o755)
})
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

describe('a secret', () => {
  it('comes from a file, without the line break at its end', () => {
    for (const content of [canary, `${canary}\n`, `${canary}\r\n`]) {
      const path = file('password', content)
      const { connectionString } = settingsOf(['--password_file', path]).target
      expect(connectionString).toContain('Password={Tr0ub4dor;{&}}3};')
    }
  })

  it.each(['"quoted"', "'quoted'", '"', ' spaces ', '-dash', '=', 'a=b', '0x10', 'true', '1e3'])(
    'is taken from the command line to the letter: %j',
    (secret) => {
      const { connectionString } = settingsOf([`--password=${secret}`]).target
      expect(Object.fromEntries(parseConnectionString(connectionString))).toMatchObject({ PWD: secret })
      if (secret.startsWith('-')) return
      expect(settingsOf(['--password', secret]).target.connectionString).toBe(connectionString)
    },
  )

  it('may be named by a variable, and by a path from the working directory', () => {
    file('token', 'abc\n')
    const env = { ROWTAIL_LOKI_TOKEN_FILE: 'token' }
    expect(settingsOf([], { env, cwd: directory }).loki.login).toEqual({ kind: 'bearer', token: 'abc' })
  })

  it('of a flag beats one of the environment, file or not', () => {
    const env = { ROWTAIL_PASSWORD: 'env' }
    const args = ['--password_file', file('password', 'flag')]
    expect(settingsOf(args, { env }).target.connectionString).toContain('PWD=flag;')
  })

  it('is warned of on the command line, and nowhere else', () => {
    expect(warningsOf(['--password', canary])).toEqual([
      '--password stands on the command line, where other users could read it until rowtail hid it. | ' +
        'Use --password_file or ROWTAIL_PASSWORD.',
    ])
    expect(settingsOf(['--password', canary]).hasSecretInArgv).toBe(true)
    const path = file('password', canary)
    expect(warningsOf(['--password_file', path])).toEqual([])
    expect(settingsOf(['--password_file', path]).hasSecretInArgv).toBe(false)
    expect(warningsOf([], { env: { ROWTAIL_PASSWORD: canary } })).toEqual([])
  })

  it('stands in no fault and no warning', () => {
    const url = `http://user:${canary}@loki`
    const told = [
      resolve(['--password', canary, '--password', canary, '--port', 'x', '--loki_url', url]),
      resolve(['--connection_string', canary]),
      resolve(['--connection_string', `PWD=${canary}`, '--host', 'a', '--password', canary]),
      resolve(['--password', canary, '--password_file', file('password', canary)]),
      resolve(['--password_file', file('two-lines', `${canary}\n${canary}`)]),
      resolve(['--loki_token', `${canary}é`, '--loki_user', 'u', '--loki_password', canary]),
    ]
    expect(told.map(({ kind }) => kind)).toEqual(told.map(() => 'faulty'))
    expect(JSON.stringify(told)).not.toContain('Tr0ub4dor')
  })

  it('stands in no part of the settings that is shown', () => {
    const { target } = settingsOf(['--password', canary])
    expect(JSON.stringify([target.name, target.labels, target.tried])).not.toContain('Tr0ub4dor')
  })
})

describe('a secret file', () => {
  it('is told what is wrong with it', () => {
    const fault = (path: string) => faultsOf(['--password_file', path], { cwd: directory })
    file('empty', '\n')
    file('two-lines', 'one\ntwo\n')
    file('latin-1', Buffer.from('p\xe9', 'latin1'))
    execFileSync('mkfifo', [join(directory, 'pipe')])
    expect(fault('none')).toEqual(['--password_file is "none", which does not exist'])
    expect(fault('.')).toEqual(['--password_file is ".", which is a directory, not a file'])
    expect(fault('pipe')).toEqual(['--password_file is "pipe", which is a pipe, not a file'])
    expect(fault('empty')).toEqual(['--password_file is "empty", which is empty'])
    expect(fault('latin-1')).toEqual(['--password_file is "latin-1", which is no UTF-8 text'])
    expect(fault('two-lines')).toEqual([
      '--password_file is "two-lines", which holds a control character or several lines',
    ])
  })

  it('is at most 64 KiB', () => {
    const path = join(directory, 'long')
    const length = (count: number) =>
      faultsOf(['--password_file', file('long', 'x'.repeat(count))], { cwd: '/' })
    expect(length(65_536)).toEqual([])
    expect(length(65_537)).toEqual([
      `--password_file is "${path}", which is larger than 64KiB | A secret has at most 64KiB.`,
    ])
  })

  it('may not be readable for this user', () => {
    const path = file('forbidden', canary)
    chmodSync(path, 0o000)
    const [fault] = asOtherUser(() => faultsOf(['--password_file', path]))
    expect(fault).toContain('which may not be read by this user')
  })

  it('stands not together with the secret itself, from the same side', () => {
    const path = file('password', canary)
    expect(faultsOf(['--password', 'a', '--password_file', path])).toEqual([
      '--password stands together with --password_file; expected one of them',
    ])
    const env = { ROWTAIL_PASSWORD: 'a', ROWTAIL_PASSWORD_FILE: path }
    expect(faultsOf([], { env })).toEqual([
      'ROWTAIL_PASSWORD stands together with ROWTAIL_PASSWORD_FILE; expected one of them',
    ])
  })

  it('has exit-code-2 faults of its own code', () => {
    expect(resolve(['--password_file', '/nowhere'])).toMatchObject({
      faults: [{ code: 'secret_unreadable' }],
    })
  })
})

describe('certificates', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

  it('are read at start, for https', () => {
    const args = ['--loki_url', 'https://loki', '--loki_ca', file('ca.pem', pem)]
    expect(settingsOf(args).loki.tls).toEqual({ ca: pem })
  })

  it('need an https address, a PEM block, and a key to each certificate', () => {
    const path = file('ca.pem', pem)
    const name = JSON.stringify(join(directory, 'no.pem'))
    expect(faultsOf(['--loki_ca', path])).toEqual([
      "--loki_ca is given, but Loki's address is plain http | Name an https address with --loki_url.",
    ])
    const https = ['--loki_url', 'https://loki']
    expect(faultsOf([...https, '--loki_ca', file('text', 'text')])).toEqual([
      'The file of --loki_ca holds no PEM block. | It starts with a line -----BEGIN …-----.',
    ])
    expect(faultsOf([...https, '--loki_cert', path])).toEqual([
      'A client certificate for Loki needs both --loki_cert and --loki_key; one of them is missing.',
    ])
    expect(faultsOf([...https, '--loki_ca', join(directory, 'no.pem')])).toEqual([
      `--loki_ca is ${name}, which does not exist`,
    ])
  })
})
