// The durable queue of one metric: chunks go in staged, become visible when their run commits, and leave as
// ranges that a delivery settles. Called by the poll loop and the delivery loop of the metric's own thread;
// synchronous. A write happens wholly, or it throws a ReportedError and nothing has changed, the counters
// included.

import type { DatabaseSync } from 'node:sqlite'
import { checksumOf } from '../core/checksum.ts'
import { ReportedError } from '../core/errors.ts'
import type { DropReason, SpoolDepth } from '../core/events.ts'
import { joined } from './body.ts'
import { DeadLetters, type StoredDeadLetter } from './dead-letters.ts'
import { Deliveries } from './deliveries.ts'
import { amountOf, Change, Ledger, sumOf, type Amount } from './ledger.ts'
import { widen } from './range.ts'
import type { VictimRow } from './statements.ts'
import { damageReport, isWriteFailure } from './sqlite-error.ts'
import { Store } from './store.ts'
import type { Chunk, ChunkRange, Dropped, RunCommit, Settlement, SpoolBounds } from './types.ts'
import type { StreamBacklog, StreamId, StreamKind } from './types.ts'
import { victimsFor } from './victims.ts'

export class Spool {
  readonly #bounds: SpoolBounds
  readonly #store: Store
  readonly #deadLetters: DeadLetters
  readonly #deliveries: Deliveries
  readonly #ledger = new Ledger()
  readonly #held = new Map<StreamId, ChunkRange>()
  #staged = new Change()
  #firstStaged: number | undefined
  /** What is staged was left by a run that crashed, and could not be discarded yet. */
  #hasLeftover = false
  #lastRunMs: number | undefined

  /**
   * For openSpool, which sees to it that the database is a sound spool. Discards what a crash left staged.
   */
  constructor(database: DatabaseSync, options: { readonly path: string; readonly bounds: SpoolBounds }) {
    this.#bounds = options.bounds
    this.#store = new Store(database, options.path)
    this.#deadLetters = new DeadLetters(database, options.bounds.maxDeadLetterBytes)
    this.#deliveries = new Deliveries(database)
    this.#load()
  }

  /** The stream with these labels, begun if it is new. */
  streamOf(labels: string, kind: StreamKind): StreamId {
    const known = this.#ledger.idOf(labels)
    if (known !== undefined) return known
    const stream = this.#store.freeing(() =>
      Number(this.#store.statements.insertStream.run(labels, kind).lastInsertRowid),
    )
    this.#ledger.addStream(stream, { labels, kind, lastNs: 0n, bytes: 0, entries: 0, oldestNs: 0n })
    return stream
  }

  /** The newest time given to an entry of the stream; 0n before the first. */
  lastNs(stream: StreamId): bigint {
    return this.#ledger.stateOf(stream).lastNs
  }

  /** Stores chunks of the current run: durable, but invisible until commitRun. */
  stage(...chunks: readonly Chunk[]): void {
    if (this.#hasLeftover) this.discardStaged()
    const ids = this.#store.adding(() => chunks.map((chunk) => this.#insert(chunk, { isStaged: true })))
    this.#firstStaged ??= ids[0]
    for (const chunk of chunks) this.#staged.add(chunk.stream, amountOf(chunk))
  }

  /** Forgets the chunks of a run that failed. */
  discardStaged(): void {
    const first = this.#firstStaged
    if (first === undefined) return
    this.#store.freeing(() => this.#store.statements.deleteStaged.run(first))
    this.#clearStaged()
  }

  /**
   * Ends a run in one transaction: its last chunks and all staged ones become visible. Then the oldest rows
   * go until the spool is within its bound again; what went is returned.
   */
  commitRun({ chunks, last, lastRunMs }: RunCommit): Dropped[] {
    if (this.#hasLeftover) this.discardStaged()
    this.#change('adding', (change) => {
      change.addAll(this.#staged)
      for (const chunk of chunks) {
        this.#insert(chunk, { isStaged: true })
        change.add(chunk.stream, amountOf(chunk))
      }
      for (const [stream, lastNs] of last) this.#setLast(change, stream, lastNs)
      this.#store.statements.showRun.run(lastRunMs)
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
   * The oldest chunks of a stream that make one push, held until settled or released; none while another
   * range of the stream is held. A chunk with an entry after `notAfterNs` waits, and so does everything
   * behind it.
   */
  nextRange(stream: StreamId, { notAfterNs }: { readonly notAfterNs: bigint }): ChunkRange | undefined {
    if (this.#held.has(stream) || this.#ledger.stateOf(stream).entries === 0) return undefined
    const range = this.#store.guarded(() => this.#oldestRange(stream, notAfterNs))
    if (range !== undefined) this.#held.set(stream, range)
    return range
  }

  /**
   * The entries of a held range, in a buffer of their own that may be transferred. Throws spool_damaged where
   * they are not what was written.
   */
  read(range: ChunkRange): Uint8Array<ArrayBuffer> {
    this.#requireHeld(range)
    const { stream, firstChunk, lastChunk } = range
    const { statements, path } = this.#store
    const bytes = this.#store.guarded(() =>
      joined(statements.bodies.iterate(stream, firstChunk, lastChunk), range.bytes),
    )
    if (bytes === undefined) throw new ReportedError(damageReport(path, 'Rows are not what was written.'))
    return bytes
  }

  /** Gives a range back undelivered. */
  release(range: ChunkRange): void {
    this.#requireHeld(range)
    this.#held.delete(range.stream)
  }

  /**
   * Ends a delivery in one transaction: the range is gone, its dead letters, its restamped entries and the
   * record of what was delivered are kept.
   */
  settle(range: ChunkRange, { delivered, dead, restamped }: Settlement): { droppedDeadLetters: number } {
    this.#requireHeld(range)
    const letters = this.#change('freeing', (change) => {
      this.#store.statements.deleteRange.run(range.stream, range.firstChunk, range.lastChunk)
      change.remove(range.stream, range)
      for (const chunk of restamped) this.#append(change, chunk)
      if (delivered !== undefined) this.#deliveries.append(range.stream, delivered)
      const appended = this.#deadLetters.append(range.stream, dead)
      this.#countDropped(appended.dropped, 'dead_letters_full')
      return appended
    })
    this.#deadLetters.accept(letters)
    this.#held.delete(range.stream)
    return { droppedDeadLetters: letters.dropped.entries }
  }

  /** Puts dead letters back at the end of their stream, as this chunk, in one transaction. */
  replay(letters: readonly { readonly id: number; readonly bytes: number }[], chunk: Chunk): void {
    const removed = this.#change('adding', (change) => {
      this.#append(change, chunk)
      return this.#deadLetters.remove(letters)
    })
    this.#deadLetters.accept(removed)
  }

  /**
   * Drops at least `bytes` of the oldest rows, then of the oldest run lines, whole chunks, never a held
   * range. Throws only where nothing could be dropped.
   */
  evict(bytes: number, reason: DropReason): Dropped[] {
    let dropped: Amount = { entries: 0, bytes: 0 }
    const view = { statements: this.#store.statements, ledger: this.#ledger, held: this.#held }
    try {
      while (dropped.bytes < bytes) {
        const victims = this.#store.guarded(() => victimsFor(bytes - dropped.bytes, view))
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

  /** Entries of all streams but those left out, run lines included; staged chunks do not count. */
  depth(leftOut: ReadonlySet<StreamId> = new Set()): SpoolDepth {
    const counted = this.#ledger.backlogs().filter(({ stream }) => !leftOut.has(stream))
    const { bytes, entries } = counted.reduce<Amount>(sumOf, { entries: 0, bytes: 0 })
    const depth = { bytes, rows: entries, deadLetters: this.#deadLetters.count }
    const oldest = counted.map(({ oldestNs }) => Number(oldestNs / 1_000_000n))
    return oldest.length === 0 ? depth : { ...depth, oldestMs: Math.min(...oldest) }
  }

  get isEmpty(): boolean {
    return this.#ledger.total().entries === 0
  }

  /** The newest dead letters, newest first. */
  deadLetters(limit: number): StoredDeadLetter[] {
    return this.#store.guarded(() => this.#deadLetters.newest(limit))
  }

  /** Counts what a damaged spool, of which this one holds the rest, has lost. */
  countLost(lost: Amount): void {
    this.#store.freeing(() => this.#countDropped(lost, 'spool_damaged'))
  }

  /** Everything that was ever dropped from this spool, by reason. */
  droppedTotals(): Dropped[] {
    return this.#store.guarded(() => this.#store.statements.dropped.all())
  }

  /**
   * Gives a slice of the file's free pages back to the disk; true while more remains. For idle moments: where
   * the file cannot be written, the next one will do.
   */
  reclaim(): boolean {
    try {
      return this.#store.reclaim()
    } catch (error) {
      if (isWriteFailure(error)) return false
      throw error
    }
  }

  close(): void {
    this.#store.database.close()
  }

  #load(): void {
    for (const { id, labels, kind, lastNs, entries, bytes } of this.#store.statements.streams.all()) {
      const stream = Number(id)
      const state = { labels, kind, lastNs, entries: Number(entries), bytes: Number(bytes) }
      this.#ledger.addStream(stream, { ...state, oldestNs: this.#headNs(stream) })
    }
    this.#lastRunMs = this.#store.statements.lastRun.get()?.lastRunMs ?? undefined
    this.#firstStaged = this.#store.statements.firstStaged.get()?.id ?? undefined
    this.#hasLeftover = this.#firstStaged !== undefined
    this.#discardLeftover()
  }

  /** Where that cannot be written now, it is invisible all the same, and goes before the next run. */
  #discardLeftover(): void {
    try {
      this.discardStaged()
    } catch (error) {
      if (!isWriteFailure(error)) throw error
    }
  }

  #insert(chunk: Chunk, { isStaged }: { readonly isStaged: boolean }): number {
    const { stream, body, entries, firstNs, lastNs } = chunk
    const size = body.byteLength
    const run = isStaged ? 1 : 0
    const values = [run, stream, entries, size, firstNs, lastNs, body, checksumOf(body)]
    return Number(this.#store.statements.insertChunk.run(...values).lastInsertRowid)
  }

  /** A chunk that is visible at once. */
  #append(change: Change, chunk: Chunk): void {
    this.#insert(chunk, { isStaged: false })
    change.add(chunk.stream, amountOf(chunk))
    const lastNs = change.lastNs.get(chunk.stream) ?? this.lastNs(chunk.stream)
    if (chunk.lastNs > lastNs) this.#setLast(change, chunk.stream, chunk.lastNs)
  }

  #setLast(change: Change, stream: StreamId, lastNs: bigint): void {
    this.#store.statements.setLast.run(lastNs, stream)
    change.lastNs.set(stream, lastNs)
  }

  #clearStaged(): void {
    this.#staged = new Change()
    this.#firstStaged = undefined
    this.#hasLeftover = false
  }

  #enforceBound(): Dropped[] {
    try {
      return this.evict(this.#ledger.total().bytes - this.#bounds.maxBytes, 'spool_full')
    } catch {
      // The run is committed, so this must not look like its failure; the next commit drops what is over
      // then.
      return []
    }
  }

  /** A range never spans a staged chunk: once that became visible, it would lie inside the range. */
  #oldestRange(stream: StreamId, notAfterNs: bigint): ChunkRange | undefined {
    const { labels, kind } = this.#ledger.stateOf(stream)
    let range: ChunkRange | undefined
    for (const row of this.#store.statements.chunks.iterate(stream)) {
      if (row.isStaged !== 0n) {
        if (range === undefined) continue
        break
      }
      if (row.lastNs > notAfterNs) break
      const wider = widen(range, { stream, kind, labels }, row)
      if (wider === undefined) break
      range = wider
    }
    return range
  }

  #requireHeld(range: ChunkRange): void {
    if (this.#held.get(range.stream) === range) return
    throw new Error(`The range of chunks ${range.firstChunk} to ${range.lastChunk} is not held.`)
  }

  #drop(victims: readonly VictimRow[], reason: DropReason): Amount {
    return this.#change('freeing', (change) => {
      for (const victim of victims) {
        this.#store.statements.deleteChunk.run(victim.id)
        change.remove(victim.stream, victim)
      }
      const dropped = victims.reduce<Amount>(sumOf, { entries: 0, bytes: 0 })
      this.#countDropped(dropped, reason)
      return dropped
    })
  }

  #countDropped({ entries, bytes }: Amount, reason: DropReason): void {
    if (entries > 0) this.#store.statements.countDropped.run(reason, entries, bytes)
  }

  #headNs(stream: StreamId): bigint {
    return this.#store.statements.head.get(stream)?.firstNs ?? 0n
  }

  /** A transaction that changes what is visible; the counters follow once it is committed. */
  #change<T>(how: 'adding' | 'freeing', work: (change: Change) => T): T {
    const { result, change, oldestNs } = this.#store[how](() => {
      const change = new Change() // the work may be done twice
      const result = work(change)
      const streams = [...change.amounts.keys()]
      const heads = streams.map((stream) => [stream, this.#headNs(stream)] as const)
      return { result, change, oldestNs: new Map(heads) }
    })
    this.#ledger.apply(change, oldestNs)
    return result
  }
}
