// PostgreSQL's wire protocol, version 3, as far as a proxy needs it: cutting the client's bytes into
// messages, reading and replacing the SQL in two of them, and the few messages that the stand-in says itself.

import type { Socket } from 'node:net'

export const cancelRequestCode = 80_877_102
/** SSLRequest and GSSENCRequest: both are answered with one letter. */
export const encryptionRequestCodes: readonly number[] = [80_877_103, 80_877_104]

const typeBytes = 1
const lengthBytes = 4

/**
 * Hands out exact numbers of bytes as they arrive; it always reads, so that a client's leaving is noticed.
 */
export class ByteReader {
  #buffered: Buffer = Buffer.alloc(0)
  #isClosed = false
  #wake: () => void = () => undefined
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** Stops reading; returns what has come and was not taken. */
  release(): Buffer {
    this.#socket.off('data', this.#onData).pause()
    return this.#buffered
  }

  readonly #onData = (bytes: Buffer) => {
    this.#buffered = Buffer.concat([this.#buffered, bytes])
    this.#wake()
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#buffered.length < bytes) {
      if (this.#isClosed) throw new Error('the other side has left')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const taken = this.#buffered.subarray(0, bytes)
    this.#buffered = this.#buffered.subarray(bytes)
    return taken
  }

  /** The first packet of a connection has no type byte. */
  async takeStartup(): Promise<Buffer> {
    const length = await this.take(lengthBytes)
    return Buffer.concat([length, await this.take(length.readInt32BE() - lengthBytes)])
  }

  async takeMessage(): Promise<Buffer> {
    const head = await this.take(typeBytes + lengthBytes)
    return Buffer.concat([head, await this.take(head.readInt32BE(typeBytes) - lengthBytes)])
  }
}

export function messageOf(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(typeBytes + lengthBytes)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + lengthBytes, typeBytes)
  return Buffer.concat([head, body])
}

export type StartupParameters = Readonly<Record<string, string>>

/** Name and value pairs behind length and protocol version, ended by an empty name. */
export function readStartup(packet: Buffer): StartupParameters {
  const texts = packet.toString('utf8', 2 * lengthBytes).split('\0')
  const parameters: Record<string, string> = {}
  for (let index = 0; index + 1 < texts.length && texts[index] !== ''; index += 2) {
    parameters[texts[index] ?? ''] = texts[index + 1] ?? ''
  }
  return parameters
}

export function writeStartup(parameters: StartupParameters): Buffer {
  const texts = Object.entries(parameters).flatMap(([name, value]) => [name, value])
  const body = Buffer.from(`${texts.map((text) => `${text}\0`).join('')}\0`)
  const head = Buffer.alloc(2 * lengthBytes)
  head.writeInt32BE(head.length + body.length)
  head.writeInt32BE(3 << 16, lengthBytes)
  return Buffer.concat([head, body])
}

export function askForPassword(): Buffer {
  return messageOf('R', Buffer.from([0, 0, 0, 3]))
}

export function readPassword(message: Buffer): string {
  return message.toString('utf8', typeBytes + lengthBytes, message.length - 1)
}

export function fatalError(sqlState: string, text: string): Buffer {
  return messageOf('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`))
}

/**
 * The SQL of a Query or a Parse message replaced by what `replace` makes of it; other messages stay as they
 * are.
 */
export async function replaceSql(
  message: Buffer,
  replace: (sql: string) => Promise<string>,
): Promise<Buffer> {
  const type = message.toString('latin1', 0, typeBytes)
  if (type !== 'Q' && type !== 'P') return message
  const start = type === 'Q' ? typeBytes + lengthBytes : message.indexOf(0, typeBytes + lengthBytes) + 1
  const end = message.indexOf(0, start)
  const sql = await replace(message.toString('utf8', start, end))
  const before = message.subarray(typeBytes + lengthBytes, start)
  return messageOf(type, Buffer.concat([before, Buffer.from(sql), message.subarray(end)]))
}

/** Process id and secret of BackendKeyData among the server's first messages: what a cancel request names. */
export function findCancelKey(fromServer: Buffer): string | undefined {
  let start = 0
  while (start + typeBytes + lengthBytes <= fromServer.length) {
    const end = start + typeBytes + fromServer.readInt32BE(start + typeBytes)
    if (fromServer[start] === 'K'.charCodeAt(0) && end <= fromServer.length) {
      return fromServer.toString('hex', start + typeBytes + lengthBytes, end)
    }
    start = end
  }
  return undefined
}

/** The same of a CancelRequest. */
export function cancelKeyOf(packet: Buffer): string {
  return packet.toString('hex', 2 * lengthBytes)
}
