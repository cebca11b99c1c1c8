// The benchmark's own arguments: `--only a,f`, `--rounds 5`, `--peers rowtail,telegraf`, `--quick`, `--page`.

import { parseArgs } from 'node:util'
import { type ContenderName, contenderNames } from './contender.ts'

export type BenchArguments = {
  /** Letters of works; all where none is named. */
  readonly only?: readonly string[]
  readonly rounds?: number
  /** Bare loops run in any case. */
  readonly peers: readonly ContenderName[]
  readonly isQuick: boolean
  /** Plays nothing and writes the page anew. */
  readonly isPageOnly: boolean
}

/** Throws with what is wrong. */
export function readArguments(words: readonly string[], letters: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      peers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds ?? 1)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds}: expected 1 or more`)
  return {
    ...(values.only === undefined ? {} : { only: listOf('--only', values.only, letters) }),
    ...(values.rounds === undefined ? {} : { rounds }),
    peers: values.peers === undefined ? contenderNames : listOf('--peers', values.peers, contenderNames),
    isQuick: values.quick,
    isPageOnly: values.page,
  }
}

/** The words of `text`, each of them known. */
export function listOf<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  return text.split(',').map((word) => {
    const found = known.find((name) => name === word)
    if (found === undefined) throw new Error(`${flag} ${word}: one of ${known.join(', ')}`)
    return found
  })
}
