// One range of chunks on its way to the sink, as the delivery loop holds it: from the first push, through
// what is learnt of refused entries, until the spool has taken its end down.

import type { ChunkRange, Settlement } from '../spool/types.ts'
import type { Sent } from './delivered.ts'
import type { TakenApart } from './refused-entries.ts'
import type { RefusedEntry, Settling } from './settling.ts'

/** A range on its way. `settling` exists from the first answer that was not a plain "delivered". */
export type Delivery = {
  readonly range: ChunkRange
  /** The whole range, as it was first sent. */
  sent?: Sent
  settling?: InPieces
  failures: number
  /** Of how it is to end, where the sink has to be asked first. */
  asking?: Asking | undefined
  /** How it ended, until the spool has that. */
  ending?: Ending
}

/** A range in pieces: entries that were refused are searched for. */
export type InPieces = TakenApart & { readonly state: Settling }

/** Refused entries of which some may be stored; the sink is asked for those. */
export type Asking = {
  readonly refused: readonly RefusedEntry[]
  readonly durationMs: number
  tries: number
}

export type Ending = {
  readonly settlement: Settlement
  readonly refused: readonly RefusedEntry[]
  readonly durationMs: number
  /** The spool has failed to take it. */
  hasFailed: boolean
}

export type Timed = { readonly durationMs: number }
