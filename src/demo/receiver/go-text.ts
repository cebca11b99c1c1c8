// Texts as Go prints them, because Loki's answers hold them: times, sizes, quoted strings.

import type { Label } from './push-request.ts'

const nsPerMs = 1_000_000n
const nsPerSecond = 1_000_000_000n

/** RFC 3339 in whole seconds, cut: `2026-11-25T19:41:05Z`. */
export function goSeconds(atNs: bigint): string {
  return new Date(Number(atNs / nsPerMs)).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** time.Time.String() in UTC, without zeros at the fraction's end: `2026-11-25 19:41:05.62 +0000 UTC`. */
export function goTime(atNs: bigint): string {
  const [day = '', time = ''] = goSeconds(atNs).replace('Z', '').split('T')
  const digits = String(atNs % nsPerSecond)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${day} ${time}${digits === '' ? '' : `.${digits}`} +0000 UTC`
}

/** The largest binary unit that divides it: `3MB`, `200KB`, `1001B`. */
export function goBytes(bytes: number): string {
  const units = ['KB', 'MB', 'GB']
  let [value, unit] = [bytes, 'B']
  for (const next of units) {
    if (value === 0 || value % 1_024 !== 0) break
    value /= 1_024
    unit = next
  }
  return `${value}${unit}`
}

/** strconv.Quote. */
export function goQuote(text: string): string {
  const short: Record<string, string> = {
    '"': '\\"',
    '\\': '\\\\',
    '\u0007': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
  }
  const escaped = text.replace(/["\\]|(?! )[\p{C}\p{Z}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const hex = code.toString(16)
    if (code < 0x80) return short[character] ?? `\\x${hex.padStart(2, '0')}`
    return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
  })
  return `"${escaped}"`
}

/** `{a="b", c="d"}` */
export function goLabels(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `${name}=${goQuote(value)}`).join(', ')}}`
}
