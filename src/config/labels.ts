// What Loki takes as a stream label, checked before anything is sent: a label that it refuses would cost
// every row of the stream. The figures are Loki's default limits.

import { quoted } from './fault.ts'

/** Loki's max_label_names_per_series. */
export const maxLabels = 15
/** Loki's max_label_name_length. */
export const maxLabelNameBytes = 1_024
/** Loki's max_label_value_length. */
export const maxLabelValueBytes = 2_048

/** Labels that rowtail sets itself: job, host and database on row streams, metric on run streams. */
export const ownLabels = ['job', 'host', 'database', 'metric'] as const
/** How many of these every row stream carries. */
export const ownLabelsOfRows = 3

export type LabelFault = { readonly expected: string; readonly hint?: string }

/** Why Loki, or rowtail, refuses a label of this name; undefined where none does. */
export function labelNameFault(name: string): LabelFault | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
    const cure = name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')
    return {
      expected: 'letters, digits and _, not beginning with a digit: Loki refuses other label names',
      ...(cure === '' ? {} : { hint: `Write ${quoted(cure)}.` }),
    }
  }
  if (name.startsWith('__')) return { expected: 'a name that does not begin with __: Loki keeps those' }
  if (ownLabels.some((own) => own === name)) {
    return { expected: `another name: rowtail sets the labels ${ownLabels.join(', ')} itself` }
  }
  if (name.length > maxLabelNameBytes) return { expected: `at most ${maxLabelNameBytes} characters` }
  return undefined
}

export function labelValueFault(value: string): LabelFault | undefined {
  if (value === '') return { expected: 'a value: Loki drops labels that are empty' }
  if (!value.isWellFormed()) return { expected: 'well-formed Unicode: half a surrogate pair is none' }
  const valueBytes = Buffer.byteLength(value)
  if (valueBytes > maxLabelValueBytes) {
    return { expected: `at most ${maxLabelValueBytes} bytes, it has ${valueBytes}` }
  }
  return undefined
}

/** Why there are too many labels in all; `names` are those beside rowtail's own. */
export function labelCountFault(names: Iterable<string>): LabelFault | undefined {
  const count = new Set(names).size + ownLabelsOfRows
  if (count <= maxLabels) return undefined
  return {
    expected: `at most ${maxLabels} labels in all, they are ${count}`,
    hint: 'job, host, database and every --label count.',
  }
}
