// The labels in a stream's canonical text, as the codec's streamOf wrote it: for what is read back from a
// spool or compared with what Loki shows.

const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g
const escape = /\\(?:x([0-9a-f]{2})|(.))/g

export function labelsOfStream(text: string): Record<string, string> {
  const pairs = [...text.matchAll(pair)].map(([, name = '', quoted = '']) => [name, unquoted(quoted)])
  return Object.fromEntries(pairs)
}

function unquoted(text: string): string {
  return text.replace(escape, (_, code: string | undefined, character: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    return character === 'n' ? '\n' : character
  })
}
