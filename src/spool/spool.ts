// The durable queue of one metric: chunks go in staged, become visible when their run commits, and leave as ranges
// that a delivery settles. Called by the poll loop and the delivery loop of the metric's own thread; synchronous.
// Every public write is one transaction: it happens wholly, or it throws a ReportedError and nothing has changed.

import type { DatabaseSync } from 'node:sqlite'
import type { DropReason, SpoolDepth } from '../core/events.ts'
import { DeadLetters, type StoredDeadLetter } from './dead-letters.ts'
import { Change, Ledger, sumOf, type Amount } from './ledger.ts'
import { widen } from './range.ts'
import { readNumber } from './schema.ts'
import { spoolErrorOf } from './sqlite-error.ts'
import { prepareStatements, type Statements, type VictimRow } from './statements.ts'
import type { Chunk, ChunkRange, Dropped, Settlement, SpoolBounds } from './types.ts'
import type { StreamBacklog, StreamId, StreamKind } from './types.ts'

/** Chunks that one transaction of an eviction deletes at most: some 12 MiB, well below 100 ms. */
const maxVictims = 64

/** Free pages that stay in the file for the next run, 1 MiB: without them every run would grow and shrink it. */
const sparePages = 256

/** Pages that one slice of `reclaim` gives back, 1 MiB. */
const reclaimPages = 256

/** The end of a run: what makes its chunks, staged ones included, visible. */
export type RunCommit = {
  readonly chunks: readonly Chunk[]
  /** The newest time given to an entry, for each stream that the run wrote to. */
  readonly last: ReadonlyMap<StreamId, bigint>
  /** When the run began, ms since the epoch. */
  readonly lastRunMs: number
}

export class Spool {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #bounds: SpoolBounds
  readonly #statements: Statements
  readonly #deadLetters: DeadLetters
  readonly #ledger = new Ledger()
  readonly #held = new Map<StreamId, ChunkRange>()
  #staged = new Change()
  #firstStaged: number | undefined
  #lastRunMs: number | undefined

  /** For openSpool, which sees to it that the database is a sound spool. Discards what a crash left staged. */
  constructor(database: DatabaseSync, options: { readonly path: string; readonly bounds: SpoolBounds }) {
    this.path = options.path
    this.#database = database
    this.#bounds = options.bounds
    this.#statements = prepareStatements(database)
    this.#deadLetters = new DeadLetters(database, options.bounds.maxDeadLetterBytes)
    this.#load()
  }

  /** The stream with these labels, begun if it is new. */
  streamOf(labels: string, kind: StreamKind): StreamId {
    const known = this.#ledger.idOf(labels)
    if (known !== undefined) return known
    const stream = this.#transaction(() =>
      Number(this.#statements.insertStream.run(labels, kind).lastInsertRowid),
    )
    this.#ledger.addStream(stream, { labels, kind, lastNs: 0n, bytes: 0, entries: 0, oldestNs: 0n })
    return stream
  }

  /** The newest time given to an entry of the stream; 0n before the first. */
  lastNs(stream: StreamId): bigint {
    return this.#ledger.stateOf(stream).lastNs
  }

  /** Stores a chunk of the current run: durable, but invisible until commitRun. */
  stage(chunk: Chunk): void {
    const id = this.#transaction(() => this.#insert(chunk, { isStaged: true }))
    this.#firstStaged ??= id
    this.#staged.add(chunk.stream, amountOf(chunk))
  }

  /** Forgets the chunks of a run that failed. */
  discardStaged(): void {
    const first = this.#firstStaged
    if (first === undefined) return
    this.#transaction(() => this.#statements.deleteStaged.run(first))
    this.#clearStaged()
  }

  /**
   * Ends a run in one transaction: its last chunks and all staged ones become visible. Then the oldest rows go
   * until the spool is within its bound again; what went is returned.
   */
  commitRun({ chunks, last, lastRunMs }: RunCommit): Dropped[] {
    this.#change((change) => {
      change.addAll(this.#staged)
      for (const chunk of chunks) {
        this.#insert(chunk, { isStaged: true })
        change.add(chunk.stream, amountOf(chunk))
      }
      for (const [stream, lastNs] of last) this.#setLast(change, stream, lastNs)
      this.#statements.showRun.run(lastRunMs)
    })
    this.#clearStaged()
    this.#lastRunMs = lastRunMs
    return this.#enforceBound()
  }

  /** Streams that have something to deliver. */
  backlogs(): StreamBacklog[] {
    return this.#ledger.backlogs()
  }

  /**
   * The oldest chunks of a stream that make one push, held until settled or released; none while another range of
   * the stream is held. A chunk with an entry after `notAfterNs` waits, and so does everything behind it.
   */
  nextRange(stream: StreamId, { notAfterNs }: { readonly notAfterNs: bigint }): ChunkRange | undefined {
    if (this.#held.has(stream) || this.#ledger.stateOf(stream).entries === 0) return undefined
    const range = this.#reading(() => this.#oldestRange(stream, notAfterNs))
    if (range !== undefined) this.#held.set(stream, range)
    return range
  }

  /** The entries of a held range, in a buffer of their own that may be transferred. */
  read(range: ChunkRange): Uint8Array<ArrayBuffer> {
    this.#requireHeld(range)
    const bytes = new Uint8Array(range.bytes)
    return this.#reading(() => {
      let offset = 0
      const { stream, firstChunk, lastChunk } = range
      for (const { body } of this.#statements.bodies.iterate(stream, firstChunk, lastChunk)) {
        bytes.set(body, offset)
        offset += body.byteLength
      }
      return bytes
    })
  }

  /** Gives a range back undelivered. */
  release(range: ChunkRange): void {
    this.#requireHeld(range)
    this.#held.delete(range.stream)
  }

  /** Ends a delivery in one transaction: the range is gone, its dead letters and restamped entries are kept. */
  settle(range: ChunkRange, { dead, restamped }: Settlement): { droppedDeadLetters: number } {
    this.#requireHeld(range)
    const letters = this.#change((change) => {
      this.#statements.deleteRange.run(range.stream, range.firstChunk, range.lastChunk)
      change.remove(range.stream, range)
      for (const chunk of restamped) this.#append(change, chunk)
      const appended = this.#deadLetters.append(range.stream, dead)
      this.#countDropped(appended.dropped, 'dead_letters_full')
      return appended
    })
    this.#deadLetters.accept(letters)
    this.#held.delete(range.stream)
    return { droppedDeadLetters: letters.dropped.entries }
  }

  /**
   * Drops at least `bytes` of the oldest rows, then of the oldest run lines, whole chunks, never a held range.
   * Throws only where nothing could be dropped.
   */
  evict(bytes: number, reason: DropReason): Dropped[] {
    let dropped: Amount = { entries: 0, bytes: 0 }
    try {
      while (dropped.bytes < bytes) {
        const victims = this.#victims(bytes - dropped.bytes)
        if (victims.length === 0) break
        dropped = sumOf(dropped, this.#drop(victims, reason))
      }
    } catch (error) {
      if (dropped.entries === 0) throw error
    }
    return dropped.entries === 0 ? [] : [{ ...dropped, reason }]
  }

  /** When the last committed run began, ms since the epoch. */
  lastRunMs(): number | undefined {
    return this.#lastRunMs
  }

  /** Entries of all streams, run lines included; staged chunks do not count. */
  depth(): SpoolDepth {
    const { bytes, entries } = this.#ledger.total()
    const oldest = this.#ledger.backlogs().map(({ oldestNs }) => Number(oldestNs / 1_000_000n))
    const depth = { bytes, rows: entries, deadLetters: this.#deadLetters.count }
    return oldest.length === 0 ? depth : { ...depth, oldestMs: Math.min(...oldest) }
  }

  get isEmpty(): boolean {
    return this.#ledger.total().entries === 0
  }

  /** The newest dead letters, newest first. */
  deadLetters(limit: number): StoredDeadLetter[] {
    return this.#reading(() => this.#deadLetters.newest(limit))
  }

  /** Everything that was ever dropped from this spool, by reason. */
  droppedTotals(): Dropped[] {
    return this.#reading(() => this.#statements.dropped.all())
  }

  /**
   * Gives a slice of free pages back to the disk; true while more remains. For idle moments; the last slice also
   * cuts the file, which can only be done outside the WAL.
   */
  reclaim(): boolean {
    return this.#reading(() => {
      const free = readNumber(this.#database, 'pragma freelist_count')
      if (free > sparePages) {
        this.#database.exec(`pragma incremental_vacuum(${Math.min(reclaimPages, free - sparePages)})`)
        return true
      }
      this.#database.exec('pragma wal_checkpoint(truncate)')
      return false
    })
  }

  close(): void {
    this.#database.close()
  }

  #load(): void {
    for (const { id, labels, kind, lastNs, entries, bytes } of this.#statements.streams.all()) {
      const stream = Number(id)
      const state = { labels, kind, lastNs, entries: Number(entries), bytes: Number(bytes) }
      this.#ledger.addStream(stream, { ...state, oldestNs: this.#headNs(stream) })
    }
    this.#lastRunMs = this.#statements.lastRun.get()?.lastRunMs ?? undefined
    this.#firstStaged = this.#statements.firstStaged.get()?.id ?? undefined
    this.discardStaged()
  }

  #insert(chunk: Chunk, { isStaged }: { readonly isStaged: boolean }): number {
    const { stream, body, entries, firstNs, lastNs } = chunk
    const size = body.byteLength
    const run = isStaged ? 1 : 0
    const result = this.#statements.insertChunk.run(run, stream, entries, size, firstNs, lastNs, body)
    return Number(result.lastInsertRowid)
  }

  /** A chunk that is visible at once. */
  #append(change: Change, chunk: Chunk): void {
    this.#insert(chunk, { isStaged: false })
    change.add(chunk.stream, amountOf(chunk))
    const lastNs = change.lastNs.get(chunk.stream) ?? this.lastNs(chunk.stream)
    if (chunk.lastNs > lastNs) this.#setLast(change, chunk.stream, chunk.lastNs)
  }

  #setLast(change: Change, stream: StreamId, lastNs: bigint): void {
    this.#statements.setLast.run(lastNs, stream)
    change.lastNs.set(stream, lastNs)
  }

  #clearStaged(): void {
    this.#staged = new Change()
    this.#firstStaged = undefined
  }

  #enforceBound(): Dropped[] {
    const excess = this.#ledger.total().bytes - this.#bounds.maxBytes
    if (excess <= 0) return []
    try {
      return this.evict(excess, 'spool_full')
    } catch {
      // The run is committed, so this must not look like its failure; the next commit drops what is over then.
      return []
    }
  }

  /** A range never spans a staged chunk: once that became visible, it would lie inside the range. */
  #oldestRange(stream: StreamId, notAfterNs: bigint): ChunkRange | undefined {
    const { labels } = this.#ledger.stateOf(stream)
    let range: ChunkRange | undefined
    for (const row of this.#statements.chunks.iterate(stream)) {
      if (row.isStaged !== 0n) {
        if (range === undefined) continue
        break
      }
      if (row.lastNs > notAfterNs) break
      const wider = widen(range, { stream, labels }, row)
      if (wider === undefined) break
      range = wider
    }
    return range
  }

  #requireHeld(range: ChunkRange): void {
    if (this.#held.get(range.stream) === range) return
    throw new Error(`The range of chunks ${range.firstChunk} to ${range.lastChunk} is not held.`)
  }

  /** The oldest chunks that make up `bytes`, rows before run lines, as many as one transaction may delete. */
  #victims(bytes: number): VictimRow[] {
    const rows = this.#reading(() => this.#oldestOf('rows'))
    const candidates = rows.length > 0 ? rows : this.#reading(() => this.#oldestOf('runs'))
    let found = 0
    return candidates.filter((victim) => {
      const isWanted = found < bytes
      found += victim.bytes
      return isWanted
    })
  }

  #oldestOf(kind: StreamKind): VictimRow[] {
    const perStream = this.#ledger.filled(kind).flatMap((stream) => {
      const held = this.#held.get(stream)
      return this.#statements.victims.all(stream, held?.firstChunk ?? 0, held?.lastChunk ?? 0, maxVictims)
    })
    return perStream.sort((left, right) => left.id - right.id).slice(0, maxVictims)
  }

  #drop(victims: readonly VictimRow[], reason: DropReason): Amount {
    return this.#change((change) => {
      for (const victim of victims) {
        this.#statements.deleteChunk.run(victim.id)
        change.remove(victim.stream, victim)
      }
      const dropped = victims.reduce<Amount>(sumOf, { entries: 0, bytes: 0 })
      this.#countDropped(dropped, reason)
      return dropped
    })
  }

  #countDropped({ entries, bytes }: Amount, reason: DropReason): void {
    if (entries > 0) this.#statements.countDropped.run(reason, entries, bytes)
  }

  #headNs(stream: StreamId): bigint {
    return this.#statements.head.get(stream)?.firstNs ?? 0n
  }

  /** A transaction that changes what is visible; the counters follow once it is committed. */
  #change<T>(work: (change: Change) => T): T {
    const change = new Change()
    const { result, oldestNs } = this.#transaction(() => {
      const result = work(change)
      const streams = [...change.amounts.keys()]
      return { result, oldestNs: new Map(streams.map((stream) => [stream, this.#headNs(stream)])) }
    })
    this.#ledger.apply(change, oldestNs)
    return result
  }

  #transaction<T>(work: () => T): T {
    return this.#reading(() => {
      this.#statements.begin.run()
      try {
        const result = work()
        this.#statements.commit.run()
        return result
      } catch (error) {
        // SQLite has rolled back by itself after some errors (full disk, I/O).
        if (this.#database.isTransaction) this.#statements.rollback.run()
        throw error
      }
    })
  }

  #reading<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw spoolErrorOf(error, this.path)
    }
  }
}

function amountOf(chunk: Chunk): Amount {
  return { entries: chunk.entries, bytes: chunk.body.byteLength }
}
