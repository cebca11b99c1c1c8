// What a driver refused to do, or cannot pass on without showing it, and is done without: kept per driver for
// the life of the process, so that it is asked once, and told in a sentence.

import type { Diagnostic } from '../../../sql-errors.ts'

export type Ability = 'query timeout' | 'block fetch' | 'era of dates' | 'NUL in text'

const consequences: Readonly<Record<Ability, string>> = {
  'query timeout': 'a query that takes too long is ended by cancelling it',
  'block fetch': 'rows are read one by one, which is slower',
  'era of dates': 'a date of 1000 BC or before looks like one of our time (column::text tells them apart)',
  'NUL in text': 'a text ends at the first one (--driver sqlite reads it whole)',
}

export class Limitations {
  readonly #driverName: string
  readonly #sentences = new Map<Ability, string>()

  constructor(driverName: string) {
    this.#driverName = driverName
  }

  has(ability: Ability): boolean {
    return this.#sentences.has(ability)
  }

  add(ability: Ability, diagnostics: readonly Diagnostic[] = []): void {
    if (this.has(ability)) return
    const state = diagnostics[0]?.state
    const reason = state === undefined ? '' : ` (${state})`
    this.#sentences.set(ability, `${this.#driverName} has no ${ability}${reason}: ${consequences[ability]}.`)
  }

  sentences(): string[] {
    return [...this.#sentences.values()]
  }
}

const byDriver = new Map<string, Limitations>()

export function limitationsOf(driverName: string): Limitations {
  const known = byDriver.get(driverName) ?? new Limitations(driverName)
  byDriver.set(driverName, known)
  return known
}
