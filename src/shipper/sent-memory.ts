// Remembers across restarts how much each stream sent lately: a rowtail that forgets it takes a heavy stream
// for a light one, and what it sends again just after a restart of Loki is stored twice. The app gives it a
// file in the state directory; the shipper notes each push before it goes. A file that cannot be read or
// written costs the memory only.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import { heavyBytes } from './stream-queue.ts'

export type SentMemory = {
  /** What a stream had sent when an earlier rowtail noted it last. */
  recall(labels: string): { readonly bytes: number; readonly ageMs: number } | undefined
  /** `bytes`: all that the stream has sent within the window. */
  note(labels: string, bytes: number): void
}

/** Longer than Loki can count what it replays; 15 minutes are what makes a stream heavy. */
const keptMs = 15 * 60_000
/** A note is worth writing when so much more was sent: about one push. */
const noteEveryBytes = 192 * 1024
/** How much more a stream sent than this tells nothing new. */
const surelyHeavyBytes = 2 * heavyBytes
/** A note that still tells the truth is written again after this, for its age counts. */
const renewMs = 10_000

type Note = { readonly bytes: number; readonly atMs: number }

export function openSentMemory(path: string, clock: Pick<Clock, 'nowMs'>): SentMemory {
  const before = readNotes(path)
  const notes = new Map(before)
  const ageMs = ({ atMs }: Note): number => Math.max(0, clock.nowMs() - atMs)

  /** A heavy stream's note each 10 s instead of with each push: at its pace that is one write in 50. */
  function isTold(known: Note | undefined, bytes: number): boolean {
    if (known === undefined) return bytes < noteEveryBytes
    const isSame = Math.abs(bytes - known.bytes) < noteEveryBytes
    const isHeavyStill = Math.min(bytes, known.bytes) >= surelyHeavyBytes
    return (isSame || isHeavyStill) && ageMs(known) < renewMs
  }

  return {
    recall(labels) {
      const note = before.get(labels)
      if (note === undefined || ageMs(note) > keptMs) return undefined
      return { bytes: note.bytes, ageMs: ageMs(note) }
    },
    note(labels, bytes) {
      if (isTold(notes.get(labels), bytes)) return
      notes.set(labels, { bytes, atMs: clock.nowMs() })
      for (const [stream, note] of notes) if (ageMs(note) > keptMs) notes.delete(stream)
      writeNotes(path, notes)
    },
  }
}

function readNotes(path: string): Map<string, Note> {
  try {
    const notes: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return new Map(Array.isArray(notes) ? notes.filter(isNote) : [])
  } catch {
    return new Map() // the first start, or a file that somebody has changed
  }
}

/** Whole, or not at all: rowtail may be killed while it writes. */
function writeNotes(path: string, notes: ReadonlyMap<string, Note>): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify([...notes]))
    renameSync(`${path}.new`, path)
  } catch {
    // The disk is full: the next start may take a heavy stream for a light one.
  }
}

function isNote(entry: unknown): entry is [string, Note] {
  if (!Array.isArray(entry)) return false
  const [labels, note]: unknown[] = entry
  if (typeof labels !== 'string' || typeof note !== 'object' || note === null) return false
  return 'bytes' in note && Number.isFinite(note.bytes) && 'atMs' in note && Number.isFinite(note.atMs)
}
