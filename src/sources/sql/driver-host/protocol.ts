// What a worker and a driver host say to each other over the local socket, and the main thread over the
// host's IPC channel. A frame is a length (u32, little endian, of what follows), a type (u8) and a payload:
// JSON, or for rows the lines as Loki will store them, so that neither side encodes them again.

import net from 'node:net'
import type { ErrorReport } from '../../../core/errors.ts'
import type { RunBounds } from '../../../core/metric.ts'
import type { RunSummary } from '../../../core/source.ts'
import type { Target } from '../../../core/target.ts'

/**
 * A query has at most 1 MiB and a line 256 KiB; the rest is room for JSON escapes and a block of small rows.
 */
export const maxFrameBytes = 4 * 1024 * 1024

/** Rows travel in frames of about this size, cut between lines. */
export const rowsFrameBytes = 64 * 1024

export const frameTypes = {
  hello: 1,
  welcome: 2,
  run: 3,
  cancel: 4,
  rows: 5,
  finished: 6,
  failed: 7,
} as const
export type FrameType = keyof typeof frameTypes

export type Hello = { readonly token: string; readonly lane: string }
export type Run = {
  readonly id: number
  readonly query: string
  readonly timeoutMs: number
  readonly bounds: RunBounds
  readonly withColumns?: true
}
export type Finished = { readonly id: number; readonly summary: RunSummary }
export type Failed = { readonly id: number; readonly error: ErrorReport }

/** Main thread → host. The target holds the password: this channel is the only way it travels. */
export type HostOrder =
  | { readonly type: 'start'; readonly target: Target; readonly token: string; readonly socketPath: string }
  | { readonly type: 'ping'; readonly id: number }
  /** Tries a login, when it listens, and tells how that went. */
  | { readonly type: 'probe'; readonly id: number; readonly timeoutMs: number }

/** Host → main thread. */
export type HostNotice =
  | { readonly type: 'listening' }
  | { readonly type: 'pong'; readonly id: number; readonly abandoned: number; readonly memoryBytes: number }
  | { readonly type: 'probed'; readonly id: number; readonly error?: ErrorReport }
  | { readonly type: 'limited'; readonly what: string }
  | { readonly type: 'unusable'; readonly error: ErrorReport }

const headerBytes = 5
const typeByNumber = new Map<number, FrameType>(
  Object.entries(frameTypes).map(([name, number]) => [number, name as FrameType]), // the keys of this literal
)

/** A frame with a JSON payload. */
export function encodeFrame(type: FrameType, payload: unknown): Buffer {
  return encodeRawFrame(type, Buffer.from(JSON.stringify(payload)))
}

export function encodeRawFrame(type: FrameType, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length)
  frame.writeUInt32LE(payload.length + 1, 0)
  frame.writeUInt8(frameTypes[type], 4)
  frame.set(payload, headerBytes)
  return frame
}

/** Cuts a byte stream into frames. The payload is valid during the call of `onFrame` only. */
export class FrameReader {
  readonly #onFrame: (type: FrameType, payload: Buffer) => void
  #pending: Buffer = Buffer.alloc(0)

  constructor(onFrame: (type: FrameType, payload: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Throws where the stream is not ours: an unknown type, or a frame over `maxFrameBytes`. */
  push(data: Buffer): void {
    let rest = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data])
    for (;;) {
      const frameBytes = frameBytesOf(rest)
      if (frameBytes === undefined || rest.length < frameBytes) break
      this.#onFrame(typeOf(rest), rest.subarray(headerBytes, frameBytes))
      rest = rest.subarray(frameBytes)
    }
    this.#pending = Buffer.from(rest)
  }
}

/**
 * Connects, and reads frames into one buffer that is kept, past the machinery of a stream: rows come by
 * hundreds of KiB, and reading them took a worker half the time that storing them does.
 */
export function connectForFrames(
  socketPath: string,
  onFrame: (type: FrameType, payload: Buffer) => void,
): net.Socket {
  const reader = new FrameReader(onFrame)
  const buffer = Buffer.allocUnsafeSlow(rowsFrameBytes)
  const socket = net.connect({ path: socketPath, onread: { buffer, callback } })
  return socket

  function callback(size: number): boolean {
    try {
      reader.push(buffer.subarray(0, size))
    } catch {
      socket.destroy()
    }
    return true // false would pause the socket
  }
}

/** Reads frames off a socket; one that does not speak this protocol is destroyed. */
export function readFrames(socket: net.Socket, onFrame: (type: FrameType, payload: Buffer) => void): void {
  const reader = new FrameReader(onFrame)
  socket.on('data', (data) => {
    try {
      // No encoding is ever set on these sockets, so data is never a string.
      if (typeof data !== 'string') reader.push(data)
    } catch {
      socket.destroy()
    }
  })
}

function frameBytesOf(data: Buffer): number | undefined {
  if (data.length < headerBytes) return undefined
  const bytes = data.readUInt32LE(0) + 4
  if (bytes < headerBytes || bytes > maxFrameBytes)
    throw new Error(`a frame of ${bytes} bytes on the host's socket`)
  return bytes
}

function typeOf(frame: Buffer): FrameType {
  const type = typeByNumber.get(frame.readUInt8(4))
  if (type === undefined)
    throw new Error(`a frame of unknown type ${frame.readUInt8(4)} on the host's socket`)
  return type
}

type Payloads = {
  readonly hello: Hello
  readonly run: Run
  readonly finished: Finished
  readonly failed: Failed
}

/** The payload of a JSON frame; the other end is our own program, told apart by the token. */
export function decodeFrame<Type extends keyof Payloads>(_type: Type, payload: Buffer): Payloads[Type] {
  return JSON.parse(payload.toString('utf8')) as Payloads[Type] // the frame's type names the shape
}
