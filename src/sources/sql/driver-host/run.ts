// One run on one connection: execute, fetch, hand on, within the deadline and the bounds. The lane
// (server.ts) calls it; it never throws for what a database does.

import { type ErrorReport, reportOf } from '../../../core/errors.ts'
import { formatDuration } from '../../../core/duration.ts'
import type { Flag, ResultColumn, RunResult } from '../../../core/source.ts'
import type { Cursor, DriverConnection, RowBlock } from './drivers/driver.ts'
import type { Run } from './protocol.ts'

/** Where rows go. `write` resolves when there is room for more. */
export type RowsOut = { write(lines: Uint8Array): Promise<void> }

/** `abort` is set by the deadline or by the worker's leave; a cancelled query then ends by its own error. */
export type RunState = { abort?: 'timeout' | 'cancelled'; rows: number; bytes: number }

export async function executeRun(
  connection: DriverConnection,
  request: Run,
  io: { state: RunState; out: RowsOut },
): Promise<RunResult> {
  const { state, out } = io
  let cursor: Cursor | undefined
  try {
    if (state.abort !== undefined) throw new Error('aborted before it was asked')
    cursor = await connection.execute(request.query, { timeoutMs: request.timeoutMs })
    const isCut = await copyRows(cursor, request, { state, out })
    if (state.abort !== undefined) throw new Error('aborted between two blocks')
    const flags = isCut ? [...cursor.flags(), cutFlag(request)] : cursor.flags()
    const columns = request.withColumns === true ? { columns: columnsOf(cursor) } : {}
    return { kind: 'finished', summary: { rows: state.rows, bytes: state.bytes, flags, isCut, ...columns } }
  } catch (error) {
    return { kind: 'failed', error: failureOf(error, request, state) }
  } finally {
    // A statement that cannot be freed has lost its connection; the next run finds it unusable and opens
    // another.
    await cursor?.close().catch(() => undefined)
  }
}

function columnsOf({ columns }: Cursor): ResultColumn[] {
  return columns.map(({ name, typeName }) => ({ name, type: typeName }))
}

/** Copies rows up to the bounds; true where there were more. */
async function copyRows(
  cursor: Cursor,
  request: Run,
  io: { state: RunState; out: RowsOut },
): Promise<boolean> {
  const { state, out } = io
  const { maxRows, maxBytes } = request.bounds
  while (state.abort === undefined) {
    // One row more than allowed is asked for at the bound, to tell "exactly full" from "cut".
    const block = await cursor.fetch(Math.max(1, maxRows - state.rows))
    if (block === undefined) return false
    if (state.rows === maxRows) return true
    const fitting = fittingPart(block, maxBytes - state.bytes)
    state.rows += fitting.rows
    state.bytes += fitting.lines.length
    if (fitting.rows > 0) await out.write(fitting.lines)
    if (fitting.rows < block.rows) return true
  }
  return false
}

/** The whole lines at the head of a block that fit into `roomBytes`. */
export function fittingPart(block: RowBlock, roomBytes: number): RowBlock {
  if (block.lines.length <= roomBytes) return block
  let rows = 0
  let end = 0
  for (;;) {
    const next = block.lines.indexOf(newline, end) + 1
    if (next === 0 || next > roomBytes) return { rows, lines: block.lines.subarray(0, end) }
    end = next
    rows += 1
  }
}

const newline = 10

function cutFlag(request: Run): Flag {
  const { maxRows, maxBytes } = request.bounds
  return {
    column: '*',
    why: 'rows_cut',
    cure: `narrow the query, or raise --max_rows (${maxRows}) or --max_bytes (${maxBytes})`,
  }
}

function failureOf(error: unknown, request: Run, state: RunState): ErrorReport {
  if (state.abort === 'timeout') return timeoutReport(request.timeoutMs, reportOf(error))
  if (state.abort === 'cancelled') return { code: 'query_abandoned', message: 'The run was cancelled.' }
  return reportOf(error)
}

function timeoutReport(timeoutMs: number, cause?: ErrorReport): ErrorReport {
  return {
    code: 'query_timeout',
    message: `The query did not end within ${formatDuration(timeoutMs)} and was cancelled.`,
    hint: 'Make the query cheaper, or give the metric a longer "timeout".',
    ...(cause?.said === undefined ? {} : { said: cause.said }),
    ...(cause?.sqlState === undefined ? {} : { sqlState: cause.sqlState }),
  }
}
