import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import winston from 'winston'
import { ReportedError } from '../../src/core/errors.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { checkLogFile, openLogFile } from '../../src/kit/log-file.ts'
import { Gate } from '../../src/kit/log-gate.ts'
import { jsonForm } from '../../src/kit/log-text.ts'
import { createLog } from '../../src/kit/log.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowtail-log-'))
})
afterEach(() => rm(folder, { recursive: true }))

const lineOf = (index: number) =>
  `${JSON.stringify({ level: 'info', msg: `line ${index} ${'x'.repeat(60)}` })}\n`

/** Numbers of the lines in all files, in no order. */
async function numbersIn(names: readonly string[]): Promise<number[]> {
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => [...text.matchAll(/line (\d+) /g)].map(([, number]) => Number(number)))
}

describe('the log file', () => {
  it('is rotated at its size, keeps the newest files and loses no line of them', async () => {
    const filePath = join(folder, 'rowtail.log')
    const gate = new Gate(
      { clock: systemClock, maxWaitingBytes: 1_000_000, restMs: 60_000, name: 'the log file' },
      (events) =>
        openLogFile(winston, { filePath, form: jsonForm, maxFileBytes: 1_000, maxFiles: 3 }, events),
    )
    for (let index = 0; index < 200; index += 1) gate.write(lineOf(index))
    await vi.waitFor(() => expect(gate.counts().taken).toBe(200), { timeout: 10_000 })
    await gate.close(AbortSignal.timeout(5_000))

    const names = (await readdir(folder)).sort()
    expect(names).toEqual(['rowtail.log', 'rowtail1.log', 'rowtail2.log'])
    for (const name of ['rowtail1.log', 'rowtail2.log']) {
      const { size } = await stat(join(folder, name))
      expect(size).toBeGreaterThanOrEqual(1_000)
      expect(size).toBeLessThan(1_000 + lineOf(0).length + 10)
    }
    const numbers = (await numbersIn(names)).sort((a, b) => a - b)
    const first = numbers[0] ?? Number.NaN
    expect(numbers).toEqual(Array.from({ length: 200 - first }, (_, index) => first + index))
    expect(await numbersIn(['rowtail.log'])).toContain(199)
  })

  it('is pretty unless JSON was asked for, and closed with all lines written', async () => {
    for (const [format, form] of [
      ['auto', /^[\d-]+ [\d:.]+ \| INFO {5}\| rowtail - ready\n$/],
      ['json', /^\{"level":"info","time":"1970-01-01T00:00:00.000Z","event":"x","msg":"ready"\}\n$/],
    ] as const) {
      const filePath = join(folder, `${format}.log`)
      const log = await createLog({ level: 'info', format, filePath }, { terminal: new PassThrough() })
      log.write({ atMs: 0, level: 'info', event: 'x', message: 'ready', fields: {} })
      await log.close()
      expect(await readFile(filePath, 'utf8')).toMatch(form)
    }
  })

  it('continues a file that is there', async () => {
    const filePath = join(folder, 'again.log')
    for (const message of ['first', 'second']) {
      const log = await createLog(
        { level: 'info', format: 'json', filePath },
        { terminal: new PassThrough() },
      )
      log.write({ atMs: 0, level: 'info', event: 'x', message, fields: {} })
      await log.close()
    }
    expect(await readFile(filePath, 'utf8')).toMatch(/first.*\n.*second.*\n$/)
  })

  it('makes the folder it lies in', () => {
    expect(() => checkLogFile(join(folder, 'a/b/rowtail.log'))).not.toThrow()
  })

  it('that cannot be written is a fault of the settings', async () => {
    const started = createLog(
      { level: 'info', format: 'json', filePath: folder },
      { terminal: new PassThrough() },
    )
    await expect(started).rejects.toThrow(ReportedError)
    await expect(started).rejects.toMatchObject({
      report: { code: 'flag_invalid', message: `--log_file_path ${folder} cannot be written.` },
    })
  })

  it('that is lost while running costs lines, not the process', async () => {
    const filePath = '/dev/full'
    const gate = new Gate(
      { clock: systemClock, maxWaitingBytes: 50_000, restMs: 60_000, name: 'the log file' },
      (events) => openLogFile(winston, { filePath, form: jsonForm }, events),
    )
    gate.write(lineOf(0))
    await vi.waitFor(() => expect(gate.counts().taken).toBeGreaterThan(0))
    await vi.waitFor(() => {
      for (let index = 0; index < 100; index += 1) gate.write(lineOf(index))
      expect(gate.counts().leftOut).toBeGreaterThan(0)
    })
    expect(gate.counts().waitingBytes).toBeLessThan(50_000 + lineOf(0).length + 10)
  })
})
