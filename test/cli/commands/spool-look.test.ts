// `spool ls` and `spool export` as an operator uses them: the real program on real spools, no Loki anywhere.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { lokiCodec } from '../../../src/sinks/loki/codec.ts'
import { singleEntryChunk } from '../../../src/worker/freeze.ts'
import type { Spool } from '../../../src/spool/spool.ts'
import { commitOf } from '../../spool/support/chunks.ts'
import { openedSpool, takeRange, temporaryDirectory } from '../../spool/support/temporary-spool.ts'
import { repository } from '../surroundings.ts'

// Each is a start of the program.
vi.setConfig({ testTimeout: 60_000 })

const atNs = 1_764_000_000_000_000_001n

async function rowtail(args: readonly string[]) {
  const child = spawn(process.execPath, [join(repository, 'src/main.ts'), 'spool', ...args])
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  return { code: child.exitCode, stdout, stderr }
}

function addRow(spool: Spool, line: string): number {
  const stream = spool.streamOf('{host="db \\"1\\"", job="show_locks"}', 'rows')
  const entry = { atNs, metadata: [['run_id', 'r1']] as const, line: Buffer.from(line) }
  spool.commitRun(commitOf([singleEntryChunk(lokiCodec, stream, entry)]))
  return stream
}

/** A state directory with one spool: two rows wait, one is a dead letter. */
function stateWithRows() {
  const stateDir = temporaryDirectory()
  mkdirSync(join(stateDir, 'spool'))
  const path = join(stateDir, 'spool/show_locks.sqlite')
  const spool = openedSpool(path)
  const stream = addRow(spool, '{"row":"refused"}')
  const range = takeRange(spool, stream)
  const letter = { entry: spool.read(range), reason: 'too_old', said: 'timestamp too old', atMs: 0 } as const
  spool.settle(range, { dead: [letter], restamped: [] })
  for (const line of ['{"row":1}', '{"row":"ö"}']) addRow(spool, line)
  return { flags: ['--state_dir', stateDir], path, spool }
}

const labels = { host: 'db "1"', job: 'show_locks' }
const entry = { metric: 'show_locks', labels, time: '2025-11-24T16:00:00.000Z', ns: String(atNs) }

describe('spool ls', () => {
  it('tells what waits beside the worker that has the spool open', async () => {
    const { flags, path } = stateWithRows()
    writeFileSync(`${path}.quarantine-20261125T213710.123Z`, 'x'.repeat(2_048))
    const { code, stdout, stderr } = await rowtail(['ls', ...flags])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head, line, , aside, copy] = stdout.split('\n')
    expect(head).toMatch(/^METRIC {6}CHUNKS {2}ROWS {2}RUN LINES {2}BYTES +OLDEST +DEAD LETTERS {2}DROPPED$/)
    expect(line).toMatch(/^show_locks {7}2 {5}2 {10}0 {2}\d+ B +\d+d.* {2}1 too_old {5}-$/)
    expect(aside).toContain('Set aside')
    expect(copy).toBe(`  ${path}.quarantine-20261125T213710.123Z (2 KiB)`)
  })

  it('is JSON for programs, and names the metric that is asked for', async () => {
    const { flags } = stateWithRows()
    const { stdout } = await rowtail(['ls', '--json', 'show_locks', ...flags])
    expect(JSON.parse(stdout)).toMatchObject([
      {
        metric: 'show_locks',
        chunks: 2,
        rows: 2,
        oldest: entry.time,
        deadLetters: { too_old: 1 },
        copies: [],
      },
    ])
    const wrong = await rowtail(['ls', 'show_lock', ...flags])
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain("Did you mean 'show_locks'?")
  })

  it('tells the other spools where one is damaged, and ends with 3', async () => {
    const { flags, path } = stateWithRows()
    writeFileSync(path.replace('show_locks', 'broken'), 'no database'.repeat(100))
    const { code, stdout, stderr } = await rowtail(['ls', ...flags])
    expect(code).toBe(3)
    expect(stdout).toContain('show_locks')
    expect(stderr).toMatch(/^broken: The spool .* is damaged\./)
  })
})

describe('spool export', () => {
  it('prints waiting rows as JSON lines, exactly as they were fetched', async () => {
    const { flags } = stateWithRows()
    const { code, stdout } = await rowtail(['export', ...flags])
    expect(code).toBe(0)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ...entry, line: '{"row":1}', metadata: { run_id: 'r1' } },
      { ...entry, line: '{"row":"ö"}', metadata: { run_id: 'r1' } },
    ])
  })

  it('prints dead letters with the reason, those of another one left out', async () => {
    const { flags } = stateWithRows()
    const { stdout } = await rowtail(['export', '--dead', ...flags])
    expect(JSON.parse(stdout)).toEqual({
      ...entry,
      line: '{"row":"refused"}',
      metadata: { run_id: 'r1' },
      reason: 'too_old',
      said: 'timestamp too old',
      refused: '1970-01-01T00:00:00.000Z',
    })
    expect(await rowtail(['export', '--dead', '--reason', 'too_new', ...flags])).toMatchObject({ stdout: '' })
    expect(await rowtail(['export', '--reason', 'too_new', ...flags])).toMatchObject({ code: 2 })
  })

  it('reads a copy that was set aside', async () => {
    const { path, spool } = stateWithRows()
    spool.close()
    const { stdout } = await rowtail(['export', '--file', path, '--state_dir', '/nowhere'])
    expect(stdout.split('\n')).toHaveLength(3)
    const none = await rowtail(['export', '--file', `${path}.none`])
    expect(none).toMatchObject({ code: 2, stdout: '' })
  })
})
