// The stand-in's own login to the PostgreSQL behind it. Clients log in to the stand-in, with SQream's names
// and passwords; their sessions then run as the test server's user, by the password exchange of RFC 5802
// (SCRAM).

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { PostgresAddress } from '../servers/postgres-address.ts'
import { ByteReader, messageOf, type StartupParameters, writeStartup } from './wire.ts'

export type Backend = {
  readonly socket: Socket
  /** What the server said since it let us in, as the client is to see it. */
  readonly greeting: Buffer
}

const authentication = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 }
const mechanism = 'SCRAM-SHA-256'

export async function openSocket({ host, port }: PostgresAddress): Promise<Socket> {
  const socket = connect(port, host)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('error', () => undefined) // 'close' follows and says enough
  return socket
}

/** Logs in; an error that the server answers with instead is its greeting. */
export async function logIn(
  address: PostgresAddress,
  socket: Socket,
  parameters: StartupParameters,
): Promise<Backend> {
  const reader = new ByteReader(socket)
  const { user, database } = address
  socket.write(writeStartup({ ...parameters, user, database }))
  const scram = scramOf(address.password)
  for (;;) {
    const message = await reader.takeMessage()
    const kind = message.toString('latin1', 0, 1) === 'R' ? message.readInt32BE(5) : authentication.ok
    const said = message.toString('utf8', 9)
    if (kind === authentication.sasl) socket.write(scram.first())
    else if (kind === authentication.saslContinue) socket.write(scram.answer(said))
    else if (kind !== authentication.saslFinal) {
      return { socket, greeting: Buffer.concat([message, reader.release()]) }
    }
  }
}

function scramOf(password: string): { first(): Buffer; answer(challenge: string): Buffer } {
  const bare = `n=,r=${randomBytes(18).toString('base64')}`
  return {
    first: () => {
      const response = Buffer.from(`n,,${bare}`)
      const length = Buffer.alloc(4)
      length.writeInt32BE(response.length)
      return messageOf('p', Buffer.concat([Buffer.from(`${mechanism}\0`), length, response]))
    },
    answer: (challenge) => messageOf('p', Buffer.from(finalOf(bare, challenge, password))),
  }
}

function finalOf(bare: string, challenge: string, password: string): string {
  const [, nonce = '', salt = '', rounds = ''] = /^r=([^,]*),s=([^,]*),i=(\d+)/.exec(challenge) ?? []
  const withoutProof = `c=biws,r=${nonce}`
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const signature = hmac(storedKey, `${bare},${challenge},${withoutProof}`)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
  return `${withoutProof},p=${proof.toString('base64')}`
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
