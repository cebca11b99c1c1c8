// The systemd unit as systemd's own tools see it. No systemd runs in the tests: it is checked, not started.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../support/servers/processes.ts'

/** Of 10, which is a service without any protection. */
const mostExposure = 1.5

const shipped = readFileSync('config_files/rowtail.service', 'utf8')
let directory = ''
beforeAll(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'rowtail-systemd-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** The tool wants the programs and documents that a unit names to be there: those of this machine are. */
function unitOf(text: string): string {
  const unit = path.join(directory, 'rowtail.service')
  const here = text.replace('/usr/bin/node', process.execPath).replace(/^Documentation=.*\n/m, '')
  writeFileSync(unit, here)
  return unit
}

describe('the systemd unit', () => {
  it('has no fault that systemd finds', async () => {
    expect(await run('systemd-analyze', ['verify', '--man=no', unitOf(shipped)])).toBe('')
  })

  it('would have one, with a command that is not there', async () => {
    const broken = unitOf(shipped.replace('/usr/bin/node', '/nowhere/node'))
    await expect(run('systemd-analyze', ['verify', '--man=no', broken])).rejects.toThrow(/nowhere/)
  })

  it('protects the machine well', async () => {
    const arguments_ = ['security', '--offline=true', '--no-pager', unitOf(shipped)]
    const words = await run('systemd-analyze', arguments_)
    const exposure = Number(/exposure level for rowtail\.service: ([\d.]+)/.exec(words)?.[1])
    expect(exposure).toBeLessThanOrEqual(mostExposure)
  })

  it('hands the password over as a credential that the program is told of', () => {
    expect(shipped).toContain('\nLoadCredential=password:/etc/rowtail/password\n')
    expect(shipped).toContain('--password_file ${CREDENTIALS_DIRECTORY}/password')
  })
})
