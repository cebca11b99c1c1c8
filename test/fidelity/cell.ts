// One cell of the fidelity matrix: a value in a database, what it means there, and what arrives by each way
// to Loki. The matrix test holds real Loki against it, docs/fidelity.md is written from it.

import type { FlagReason } from '../../src/core/source.ts'

/** How a row gets from a driver into a line: an ODBC binding, or rowtail's own SQLite driver. */
export type Way = 'direct' | 'package' | 'built-in'

export type Arrival = { readonly json: string; readonly flags: readonly FlagReason[] }

export type FidelityCell = {
  /** Of the column, as the table is created with. */
  readonly type: string
  /** The value, as it is inserted. */
  readonly sql: string
  /** What the database means by it, as JSON. */
  readonly meant: string
  /** Only the ways by which it arrives otherwise, or flagged. */
  readonly arrives: Readonly<Partial<Record<Way, Arrival>>>
}

export function cell(
  [type, sql]: readonly [type: string, sql: string],
  meant: string,
  arrives: FidelityCell['arrives'] = {},
): FidelityCell {
  return { type, sql, meant, arrives }
}

export function flagged(json: string, ...flags: readonly FlagReason[]): Arrival {
  return { json, flags }
}

export function text(value: string): string {
  return JSON.stringify(value)
}

/** Unique in its table, and spelled the same behind `| json`. */
export function columnOf({ type }: FidelityCell, index: number): string {
  return `${type.toLowerCase().replace(/\W+/g, '_')}_${index + 1}`
}

export function arrivalOf({ meant, arrives }: FidelityCell, way: Way): Arrival {
  return arrives[way] ?? { json: meant, flags: [] }
}

/** `doubted`: right, and flagged all the same, because the driver does not show that it is. */
export type Verdict = 'exact' | 'doubted' | 'flagged' | 'silently different'

export function verdictOf(of: FidelityCell, way: Way): Verdict {
  const { json, flags } = arrivalOf(of, way)
  const isSame = json === of.meant || isSameNumber(json, of.meant)
  if (flags.length === 0) return isSame ? 'exact' : 'silently different'
  return isSame ? 'doubted' : 'flagged'
}

/** What `| json` makes of it; undefined where it makes no label. */
export function labelOf(json: string): string | undefined {
  if (json === 'null') return undefined
  if (!json.startsWith('"')) return json
  // A JSON string is text; Loki puts a space where it finds U+FFFD.
  return (JSON.parse(json) as string).replaceAll('\ufffd', ' ')
}

const numberShape = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i

/** `1.50` and `15e-1` are one number; the sign of a zero counts. */
function isSameNumber(one: string, other: string): boolean {
  const [first, second] = [plainNumber(one), plainNumber(other)]
  return first !== undefined && first === second
}

/** Sign, digits without zeros around them, and the power of ten of the last one. */
function plainNumber(json: string): string | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = numberShape.exec(json) ?? []
  if (sign === undefined) return undefined
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + digits.length - significant.length
  return significant === '' ? `${sign}0` : `${sign}${significant}e${power}`
}
