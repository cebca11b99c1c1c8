// Ways to damage the files of a spool that nobody uses, and what was in it before. Files are found by their
// content, so that a test says which rows it hits.

import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const pageBytes = 4096

/** A visible chunk of rows, as the file holds it. */
export type StoredChunk = { readonly id: number; readonly entries: number; readonly body: Uint8Array }

/** What waits in a spool, oldest first: chunks of rows, and the number of all entries, run lines included. */
export function waitingIn(path: string): { readonly rows: StoredChunk[]; readonly entries: number } {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = database
      .prepare(`select chunks.id, entries, body from visible_chunks as chunks
        join streams on streams.id = stream where kind = 'rows' order by chunks.id`)
      .all()
    const all = database.prepare('select coalesce(sum(entries), 0) as entries from visible_chunks').get()
    // The columns are those of the schema.
    return { rows: rows.map((row) => ({ ...row }) as StoredChunk), entries: Number(all?.['entries']) }
  } finally {
    database.close()
  }
}

/** Copies the write-ahead log into its database, as a checkpoint does, and ends it. */
export function settleLog(path: string): void {
  const database = new DatabaseSync(path)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

/** Where the middle of a chunk's body lies in a file. */
export function placeOf(path: string, { body }: StoredChunk): number {
  const content = readFileSync(path)
  for (let at = Math.floor(body.length / 2); at + 32 < body.length; at += 32) {
    const place = content.lastIndexOf(body.subarray(at, at + 32))
    if (place >= 0) return place
  }
  throw new Error(`${path} does not hold the rows that it should`)
}

export function flipBit(path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  writeSync(file, Buffer.of(byte.readUInt8() ^ 1), 0, 1, at)
  closeSync(file)
}

/** Overwrites the page of a database that holds this place. */
export function tearPage(path: string, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, at - (at % pageBytes))
  closeSync(file)
}
