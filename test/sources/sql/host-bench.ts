// A driver host's server in this process, on a socket of its own, with a scripted driver.

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { defaultRunBounds } from '../../../src/core/metric.ts'
import type { RunRequest } from '../../../src/core/source.ts'
import type { Target } from '../../../src/core/target.ts'
import { createHostServer } from '../../../src/sources/sql/driver-host/server.ts'
import { type HostAddress, HostLane } from '../../../src/sources/sql/host-lane.ts'
import { temporaryDirectory } from '../../spool/support/temporary-spool.ts'
import { ScriptedDriver, type ScriptedDriverOptions } from '../../support/scripted-driver.ts'

export const anyTarget: Target = {
  kind: 'odbc',
  connectionString: '',
  binding: 'direct',
  name: 'test',
  labels: { host: 'db1', database: 'test' },
  isSqream: false,
  tried: {},
}

/** Aborts when the test ends, and closes its lanes with that. */
export function testSignal(): AbortSignal {
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  return ended.signal
}

export async function startHost(options: ScriptedDriverOptions & { readonly hostId?: number } = {}) {
  const { hostId = 1 } = options
  const driver = new ScriptedDriver(options)
  const limitations: string[] = []
  const onLimitation = (what: string) => void limitations.push(what)
  const server = createHostServer({ driver, target: anyTarget, token: 'token', onLimitation })
  const address: HostAddress = { hostId, socketPath: join(temporaryDirectory(), 'h.sock'), token: 'token' }
  await server.listen(address.socketPath)
  return { driver, server, limitations, address }
}

export async function openLane(address: HostAddress): Promise<HostLane> {
  const lane = await HostLane.open(address, 'show_locks', testSignal())
  if (lane === undefined) throw new Error('the host did not welcome the lane')
  onTestFinished(() => lane.close())
  return lane
}

export function requestOf(query: string, options: Partial<RunRequest> = {}): RunRequest {
  return { query, timeoutMs: 60_000, bounds: defaultRunBounds, ...options }
}

/** Runs a query on a lane; the lines that came stand beside its answer. */
export async function ask(lane: HostLane, request: RunRequest) {
  const lines: string[] = []
  const answer = await lane.run(request, (block) => lines.push(Buffer.from(block).toString()))
  return { answer, text: lines.join(''), frames: lines.length }
}
