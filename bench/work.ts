// What every work of the benchmark is: a load, the subjects that it is put on one after another, and what is
// read from each turn. Works are in works/, one a file; works/registry.ts lists them.

import type { ContenderName } from './contender.ts'
import type { FigureName } from './figures.ts'
import type { Delivery, Stage } from './stage.ts'

/** Contenders, and bare loops that do one step of rowtail's work and nothing else. */
export type SubjectName = ContenderName | 'bare-fetch' | 'bare-post'

export type WorkTurn = {
  readonly stage: Stage
  readonly subject: SubjectName
  /** Unique on the stage. */
  readonly label: string
  /** A smoke test: as short as may be, the figures mean nothing. */
  readonly isQuick: boolean
  /** What rowtail needs beyond its defaults, so that it tells what is read. */
  readonly flags?: readonly string[]
  /** Something before the stage's Loki. */
  readonly lokiUrl?: string
}

export type Played = {
  readonly figures: Partial<Record<FigureName, number>>
  /** Absent where no row is sent. */
  readonly delivery?: Delivery
}

export type Work = {
  /** `--only a`. */
  readonly letter: string
  readonly title: string
  /** What is done, for the page. */
  readonly what: string
  readonly subjects: readonly SubjectName[]
  /** In the order of the table's columns. */
  readonly figures: readonly FigureName[]
  /** Of rowtail, Telegraf and the bare loops; the others take part in the first. */
  readonly rounds: number
  play(turn: WorkTurn): Promise<Played>
}
