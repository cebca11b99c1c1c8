// Who may read what --listen answers: everybody who reaches it, or, with --listen_password, who knows that
// password. Browsers ask for it (basic auth, any user name), Prometheus and scripts send it as a bearer
// token.

import { createHash, timingSafeEqual } from 'node:crypto'

/** Judges an Authorization header. */
export type Access = (authorization: string | undefined) => boolean

export const challenge = 'Basic realm="rowtail", charset="UTF-8"'

export function createAccess(password: string | undefined): Access {
  if (password === undefined) return () => true
  const expected = digestOf(password)
  return (authorization) => {
    const given = passwordIn(authorization ?? '')
    return given !== undefined && timingSafeEqual(digestOf(given), expected)
  }
}

function passwordIn(authorization: string): string | undefined {
  const [, scheme = '', rest = ''] = /^(basic|bearer) +(\S+)$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return rest
  if (scheme === '') return undefined
  const pair = Buffer.from(rest, 'base64').toString()
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined
}

/** Digests are equally long: how long a comparison takes tells nothing of the password. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
