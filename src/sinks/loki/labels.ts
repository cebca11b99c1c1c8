// What Loki takes as a stream's labels by its default limits, checked before anything is sent: a label at
// fault costs every row of its stream. Settings are checked with it; the figures are those of Loki's
// limits_config.

/** max_label_names_per_series; the service_name that Loki adds does not count. */
const maxLabels = 15
/** max_label_name_length */
const maxLabelNameBytes = 1_024
/** max_label_value_length */
const maxLabelValueBytes = 2_048

/** `what` completes "label <name> …"; an empty name stands for the set as a whole. */
export type LabelFault = { readonly name: string; readonly what: string }

/** Everything that Loki would refuse in one label set. Empty values are no fault: Loki drops such labels. */
export function labelFaults(labels: Readonly<Record<string, string>>): LabelFault[] {
  const faults = Object.entries(labels).flatMap(([name, value]) => {
    const what = nameFault(name) ?? valueFault(value)
    return what === undefined ? [] : [{ name, what }]
  })
  const count = Object.entries(labels).filter(
    ([name, value]) => value !== '' && name !== 'service_name',
  ).length
  if (count <= maxLabels) return faults
  return [...faults, { name: '', what: `there are ${count} labels, Loki takes ${maxLabels}` }]
}

function nameFault(name: string): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    return 'has other characters than letters, digits and _, or begins with a digit'
  if (name.startsWith('__')) return 'begins with __, which Loki keeps to itself'
  if (name.length > maxLabelNameBytes)
    return `has a name of ${name.length} bytes, Loki takes ${maxLabelNameBytes}`
  return undefined
}

function valueFault(value: string): string | undefined {
  if (!value.isWellFormed()) return 'has a value with half a surrogate pair, which is no Unicode text'
  const bytes = Buffer.byteLength(value)
  return bytes > maxLabelValueBytes
    ? `has a value of ${bytes} bytes, Loki takes ${maxLabelValueBytes}`
    : undefined
}
