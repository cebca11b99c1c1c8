// The last line of defence against a secret in a text: rowtail puts none there, but a driver or a proxy may
// repeat what it was given. app.ts makes one redactor of all secrets; everything said and logged passes
// through it. A strong secret is replaced wherever it stands. A weak one may be an ordinary word: SQream's
// default password is also its default user, and `sqream` in every text would hide what the text is about.
// It is replaced only where the text says that it is a secret: behind `PWD=`, `password:`, `token=`, or
// `user:` in a URL, and in base64.

const mask = '***'
/** Shorter secrets are weak: other words contain them. */
const minStrongLength = 8
/** Fewer characters of base64 may stand in any text. */
const minBase64Length = 7

/**
 * `plainWords` are texts that may be shown, such as the user, the database and the driver: a secret that
 * occurs in one of them is weak, however long. Empty secrets are ignored.
 */
export function createRedactor(
  secrets: readonly string[],
  plainWords: readonly string[] = [],
): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret !== '')
  if (known.length === 0) return (text) => text
  const isStrong = (secret: string) =>
    secret.length >= minStrongLength && !plainWords.some((word) => word.includes(secret))
  const anywhere = [...known.filter(isStrong).flatMap(formsOf), ...known.flatMap(base64Of)]
  const inPlace = known.filter((secret) => !isStrong(secret)).flatMap(formsOf)
  const patterns = [...anywherePattern(anywhere), ...inPlacePatterns(inPlace)]
  return (text) => patterns.reduce((masked, { pattern, by }) => masked.replace(pattern, by), text)
}

type Replacement = { readonly pattern: RegExp; readonly by: string }

function anywherePattern(forms: readonly string[]): Replacement[] {
  return forms.length === 0 ? [] : [{ pattern: new RegExp(alternatives(forms), 'g'), by: mask }]
}

function inPlacePatterns(forms: readonly string[]): Replacement[] {
  if (forms.length === 0) return []
  const secret = `(?:${alternatives(forms)})`
  const name = '(?:pwd|passwd|password|passphrase|pass|secret|token|bearer|api[_-]?key)'
  return [
    // PWD=x; password: "x"; "password":"x"; token x
    { pattern: new RegExp(`(${name}["']?\\s*[=: ]\\s*["'{]?)${secret}(?![\\w])`, 'gi'), by: `$1${mask}` },
    // http://user:x@host
    { pattern: new RegExp(`(//[^\\s/:@]*:)${secret}(?=@)`, 'g'), by: `$1${mask}` },
  ]
}

/** The longest first, so that no form is cut by one that it contains. */
function alternatives(forms: readonly string[]): string {
  const byLength = [...new Set(forms)].sort((a, b) => b.length - a.length)
  return byLength.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')
}

/** As it is, in a URL, in ODBC's braces, in a JSON string. */
function formsOf(secret: string): string[] {
  const url = encodeURIComponent(secret)
  return [
    secret,
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll('%20', '+'),
    secret.replaceAll('}', '}}'),
    JSON.stringify(secret).slice(1, -1),
  ]
}

/**
 * The characters that a secret gives wherever it stands in something encoded, such as `user:secret` in a
 * header: base64 takes three bytes at a time, so there are three ways to begin, and the edges depend on the
 * neighbours.
 */
function base64Of(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const cores = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const urlSafe = cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'))
  return [...cores, ...urlSafe].filter((core) => core.length >= minBase64Length)
}
