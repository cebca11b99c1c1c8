import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  encodeFrame,
  encodeRawFrame,
  FrameReader,
  type FrameType,
  frameTypes,
  maxFrameBytes,
  readFrames,
} from '../../../src/sources/sql/driver-host/protocol.ts'
import { seededRandom } from '../../spool/support/seeded-random.ts'
import { temporaryDirectory } from '../../spool/support/temporary-spool.ts'

const headerBytes = 5

function reader() {
  const frames: [FrameType, string][] = []
  const reading = new FrameReader((type, payload) => frames.push([type, payload.toString()]))
  return { frames, reading }
}

describe('frames', () => {
  it('are read whole at whatever bytes the stream is cut', () => {
    const random = seededRandom(4_711)
    const types = Object.keys(frameTypes) as [FrameType, ...FrameType[]] // the keys of that literal
    for (let round = 0; round < 200; round += 1) {
      const sent = Array.from({ length: random.between(1, 20) }, (): [FrameType, string] => [
        random.pick(types),
        'ü'.repeat(random.chance(0.1) ? random.between(0, 5_000) : random.between(0, 20)),
      ])
      const stream = Buffer.concat(sent.map(([type, text]) => encodeRawFrame(type, Buffer.from(text))))
      const { frames, reading } = reader()
      for (let from = 0; from < stream.length; ) {
        const to = from + (random.chance(0.5) ? 1 : random.between(1, 300))
        reading.push(stream.subarray(from, to))
        from = to
      }
      expect(frames).toEqual(sent)
    }
  })

  it('keep what is left of them when the buffer that they came in is used again', () => {
    const { frames, reading } = reader()
    const buffer = Buffer.from(encodeFrame('hello', { token: 'secret' }))
    reading.push(buffer.subarray(0, 10))
    const rest = Buffer.from(buffer.subarray(10))
    buffer.fill(0)
    reading.push(rest)
    expect(frames).toEqual([['hello', '{"token":"secret"}']])
  })

  it('may have 4 MiB in all, and not a byte more', () => {
    const { frames, reading } = reader()
    reading.push(encodeRawFrame('rows', Buffer.alloc(maxFrameBytes - headerBytes)))
    expect(frames).toHaveLength(1)
    const tooLong = encodeRawFrame('rows', Buffer.alloc(maxFrameBytes - headerBytes + 1))
    expect(() => reading.push(tooLong.subarray(0, headerBytes))).toThrow(
      `a frame of ${maxFrameBytes + 1} bytes`,
    )
  })

  it('of an unknown type, or without one, are not ours', () => {
    for (const type of [0, 8, 255]) {
      const frame = encodeRawFrame('rows', Buffer.from('{}'))
      frame.writeUInt8(type, 4)
      expect(() => reader().reading.push(frame)).toThrow(`unknown type ${type}`)
    }
    expect(() => reader().reading.push(Buffer.from([0, 0, 0, 0, 1]))).toThrow('a frame of 4 bytes')
  })
})

describe('a socket', () => {
  /** What a server's end of a socket reads when a client sends this. */
  async function received(bytes: Uint8Array) {
    const frames: FrameType[] = []
    const path = join(temporaryDirectory(), 's.sock')
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined)
      readFrames(socket, (type) => {
        if (type === 'cancel') throw new Error('out of turn')
        frames.push(type)
      })
    })
    onTestFinished(() => void server.close())
    await once(server.listen(path), 'listening')
    const client = net.connect(path)
    client.on('error', () => undefined)
    const closed = once(client, 'close')
    client.write(bytes)
    await closed
    return frames
  }

  const good = encodeFrame('run', {})

  it.each([
    ['an oversize frame', Buffer.from([255, 255, 255, 255, 3])],
    ['an unknown type', Buffer.from([2, 0, 0, 0, 99, 0])],
    ['a request of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame that its reader refuses', encodeFrame('cancel', {})],
  ])('is closed at %s; frames before it are read, none after it', async (_, bad) => {
    expect(await received(Buffer.concat([good, bad, good]))).toEqual(['run'])
  })
})
