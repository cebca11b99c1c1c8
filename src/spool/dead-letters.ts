// Entries that the sink refused for good, kept for a person to look at, bounded by bytes: the oldest go
// first. Called by spool.ts inside its transactions; `append` writes and says what would be true, `accept`
// makes it so.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RefusalReason } from '../core/sink.ts'
import type { Amount } from './ledger.ts'
import { queryOf, type Query } from './statements.ts'
import type { DeadLetter, StreamId } from './types.ts'

/** The longest words of a sink that are kept, in characters. */
const maxSaidLength = 500

export type StoredDeadLetter = DeadLetter & { readonly id: number; readonly labels: string }

type LetterRow = {
  readonly id: number
  readonly labels: string
  readonly reason: RefusalReason
  readonly said: string
  readonly entry: Uint8Array
}

export type Appended = { readonly kept: Amount; readonly dropped: Amount }

export class DeadLetters {
  readonly #maxBytes: number
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #oldest: Query<{ readonly id: number; readonly bytes: number }>
  readonly #newest: Query<LetterRow>
  #kept: Amount

  constructor(database: DatabaseSync, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#insert = database.prepare(
      'insert into dead_letters (stream, reason, said, bytes, entry, at_ms) values (?, ?, ?, ?, ?, ?)',
    )
    this.#delete = database.prepare('delete from dead_letters where id = ?')
    this.#oldest = queryOf(database.prepare('select id, bytes from dead_letters order by id limit 1'))
    this.#newest = queryOf(
      database.prepare(`select dead_letters.id, labels, reason, said, entry from dead_letters
        join streams on streams.id = stream order by dead_letters.id desc limit ?`),
    )
    const counted = queryOf<Amount>(
      database.prepare('select count(*) as entries, coalesce(sum(bytes), 0) as bytes from dead_letters'),
    ).get()
    this.#kept = { entries: counted?.entries ?? 0, bytes: counted?.bytes ?? 0 }
  }

  get count(): number {
    return this.#kept.entries
  }

  /** The newest `limit` letters, newest first. */
  newest(limit: number): StoredDeadLetter[] {
    return this.#newest.all(limit).map((row) => ({ ...row }))
  }

  append(stream: StreamId, letters: readonly DeadLetter[]): Appended {
    const added = letters.reduce((bytes, letter) => bytes + letter.entry.byteLength, 0)
    for (const { entry, reason, said, atMs } of letters) {
      const words = said.slice(0, maxSaidLength)
      this.#insert.run(stream, reason, words, entry.byteLength, entry, atMs ?? null)
    }
    return this.#trim({ entries: this.#kept.entries + letters.length, bytes: this.#kept.bytes + added })
  }

  /** Takes letters out; each is one of this spool. */
  remove(letters: readonly { readonly id: number; readonly bytes: number }[]): Appended {
    let { entries, bytes } = this.#kept
    for (const letter of letters) {
      if (this.#delete.run(letter.id).changes === 0) throw new Error(`There is no dead letter ${letter.id}.`)
      entries -= 1
      bytes -= letter.bytes
    }
    return { kept: { entries, bytes }, dropped: { entries: 0, bytes: 0 } }
  }

  accept(appended: Appended): void {
    this.#kept = appended.kept
  }

  #trim(kept: Amount): Appended {
    let { entries, bytes } = kept
    while (bytes > this.#maxBytes) {
      const oldest = this.#oldest.get()
      if (oldest === undefined) break
      this.#delete.run(oldest.id)
      entries -= 1
      bytes -= oldest.bytes
    }
    return {
      kept: { entries, bytes },
      dropped: { entries: kept.entries - entries, bytes: kept.bytes - bytes },
    }
  }
}
