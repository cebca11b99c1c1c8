// Whether Loki would take an entry by its default limits, asked before it is frozen: Loki counts refused
// entries more than it names them, so one that is known to fail should never be sent.

import { isUtf8 } from 'node:buffer'
import { maxLineBytes } from '../../core/metric.ts'
import type { Metadata, Refusal } from '../../core/sink.ts'

/** max_structured_metadata_entries_count */
const maxMetadataPairs = 128
/** max_structured_metadata_size, names and values; a detected_level does not count. */
const maxMetadataBytes = 64 * 1024

/** Why Loki, or a reader of what it stored, would not take this entry; undefined where all is well. */
export function entryFault(line: Uint8Array, metadata: Metadata): Refusal | undefined {
  if (line.length > maxLineBytes) {
    return { reason: 'too_long', said: `The line has ${line.length} bytes, Loki takes ${maxLineBytes}.` }
  }
  // Loki stores such bytes, and its readers get other ones.
  if (!isUtf8(line)) return { reason: 'other', said: 'The line is no UTF-8.' }
  const said = metadataFault(metadata)
  return said === undefined ? undefined : { reason: 'metadata', said }
}

function metadataFault(metadata: Metadata): string | undefined {
  if (metadata.length > maxMetadataPairs) {
    return `There are ${metadata.length} pairs of metadata, Loki takes ${maxMetadataPairs}.`
  }
  const misnamed = metadata.find(([name]) => !/^(?=.*[a-zA-Z0-9])[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
  if (misnamed !== undefined)
    return `The metadata name '${misnamed[0]}' is none: Loki would change or refuse it.`
  const illFormed = metadata.find(([, value]) => !value.isWellFormed())
  if (illFormed !== undefined) return `The metadata '${illFormed[0]}' holds half a surrogate pair.`
  const bytes = metadata
    .filter(([name]) => name !== 'detected_level')
    .reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
  return bytes > maxMetadataBytes
    ? `The metadata has ${bytes} bytes, Loki takes ${maxMetadataBytes}.`
    : undefined
}
