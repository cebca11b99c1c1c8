import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeFrame, type FrameType, readFrames } from '../../../src/sources/sql/driver-host/protocol.ts'
import { type HostAddress, HostLane } from '../../../src/sources/sql/host-lane.ts'
import { temporaryDirectory } from '../../spool/support/temporary-spool.ts'
import { ask, openLane, requestOf, startHost, testSignal } from './host-bench.ts'

/** A host that answers each frame as the test says. */
async function hostOf(answer: (type: FrameType, socket: net.Socket) => void): Promise<HostAddress> {
  const socketPath = join(temporaryDirectory(), 'h.sock')
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    readFrames(socket, (type) => answer(type, socket))
  })
  onTestFinished(() => void server.close())
  await once(server.listen(socketPath), 'listening')
  return { hostId: 1, socketPath, token: 'token' }
}

const welcoming = (onRun: (socket: net.Socket) => void) =>
  hostOf((type, socket) => {
    if (type === 'hello') socket.write(encodeFrame('welcome', {}))
    else onRun(socket)
  })

describe('opening a lane', () => {
  it('works where the token is right, and not where it is wrong', async () => {
    const { address } = await startHost()
    expect((await openLane(address)).isOpen).toBe(true)
    expect(await HostLane.open({ ...address, token: 'other' }, 'x', testSignal())).toBeUndefined()
  })

  it('comes to nothing where nobody listens, or where the signal aborts', async () => {
    const nowhere = { hostId: 1, socketPath: '/nonexistent/h.sock', token: 'token' }
    expect(await HostLane.open(nowhere, 'x', testSignal())).toBeUndefined()
    const silent = await hostOf(() => undefined)
    expect(await HostLane.open(silent, 'x', AbortSignal.timeout(10))).toBeUndefined()
    expect(await HostLane.open(silent, 'x', AbortSignal.abort())).toBeUndefined()
  })

  it('is not undone by its signal once it is open', async () => {
    const { address } = await startHost()
    const stop = new AbortController()
    const lane = await HostLane.open(address, 'x', stop.signal)
    stop.abort()
    expect(lane?.isOpen).toBe(true)
    lane?.close()
  })
})

describe('a run over a lane', () => {
  it('is lost where the host goes, before or during it', async () => {
    const lane = await openLane(await welcoming((socket) => void socket.destroy()))
    expect((await ask(lane, requestOf('rows 1'))).answer).toEqual({ kind: 'lost' })
    expect(lane.isOpen).toBe(false)
    expect((await ask(lane, requestOf('rows 1'))).answer).toEqual({ kind: 'lost' })
  })

  it('is lost where the host says what no host says', async () => {
    const lane = await openLane(await welcoming((socket) => void socket.write(encodeFrame('run', {}))))
    expect((await ask(lane, requestOf('rows 1'))).answer).toEqual({ kind: 'lost' })
  })
})
