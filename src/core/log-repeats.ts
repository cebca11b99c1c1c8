// What keeps the log short: a trouble is said when it begins, changes and ends, and once an hour while it
// lasts; amounts that trickle in are said as sums. Pure and bounded; the narrator (log-lines) holds a few
// per metric.

/** A trouble that comes and goes faster than this is not said each time. */
export const flapMs = 60_000
export const reminderMs = 60 * 60_000
/** Kinds that one trouble or tally tells apart; what comes beyond them counts as known. */
const maxKeys = 50

export type TroubleStep = {
  readonly kind: 'first' | 'changed' | 'reminder' | 'silent'
  readonly count: number
  readonly lastedMs: number
}

export type TroubleEnd = {
  readonly count: number
  readonly lastedMs: number
  /** False where the trouble was too short after the one before to be said. */
  readonly wasSaid: boolean
}

export interface Trouble {
  /** One more failure; `key` tells kinds apart, such as error codes. */
  fail(key: string, atMs: number): TroubleStep
  /** Undefined where there was none. */
  end(atMs: number): TroubleEnd | undefined
}

type Episode = { sinceMs: number; count: number; isSaid: boolean; readonly keys: Set<string> }

export function createTrouble(): Trouble {
  let episode: Episode | undefined
  let firstSaidMs = -Infinity
  let saidMs = -Infinity

  function kindOf(current: Episode, key: string, atMs: number): TroubleStep['kind'] {
    if (!current.isSaid) return isPast(firstSaidMs, flapMs, atMs) ? 'first' : 'silent'
    if (!current.keys.has(key) && current.keys.size < maxKeys) return 'changed'
    return isPast(saidMs, reminderMs, atMs) ? 'reminder' : 'silent'
  }

  return {
    fail(key, atMs) {
      episode ??= { sinceMs: atMs, count: 0, isSaid: false, keys: new Set() }
      episode.count += 1
      const kind = kindOf(episode, key, atMs)
      if (kind === 'first') firstSaidMs = atMs
      if (kind !== 'silent') {
        saidMs = atMs
        episode.isSaid = true
        episode.keys.add(key)
      }
      return { kind, count: episode.count, lastedMs: Math.max(0, atMs - episode.sinceMs) }
    },
    end(atMs) {
      if (episode === undefined) return undefined
      const { count, sinceMs, isSaid } = episode
      episode = undefined
      return { count, lastedMs: Math.max(0, atMs - sinceMs), wasSaid: isSaid }
    },
  }
}

export type Sum = {
  readonly key: string
  /** Since it was last said. */
  readonly amount: number
  readonly total: number
}

export interface Tally {
  /** The sum to say now; none while it is quiet. */
  add(key: string, amount: number, atMs: number): Sum[]
  /** Sums whose quiet time is over, or with `isLast` all that were not said. */
  due(atMs: number, isLast?: boolean): Sum[]
}

type Account = { unsaid: number; total: number; saidMs: number }

/** Says the first amount of a key at once and later ones as a sum, at most one line a key in `quietMs`. */
export function createTally(quietMs: number): Tally {
  const accounts = new Map<string, Account>()

  function accountOf(key: string): Account {
    const known = accounts.get(key)
    if (known !== undefined) return known
    if (accounts.size >= maxKeys) accounts.delete(accounts.keys().next().value ?? key)
    const fresh = { unsaid: 0, total: 0, saidMs: -Infinity }
    accounts.set(key, fresh)
    return fresh
  }

  function say(key: string, account: Account, atMs: number): Sum {
    const sum = { key, amount: account.unsaid, total: account.total }
    account.unsaid = 0
    account.saidMs = atMs
    return sum
  }

  return {
    add(key, amount, atMs) {
      const account = accountOf(key)
      account.unsaid += amount
      account.total += amount
      return isPast(account.saidMs, quietMs, atMs) ? [say(key, account, atMs)] : []
    },
    due(atMs, isLast = false) {
      const open = [...accounts].filter(
        ([, account]) => account.unsaid > 0 && (isLast || isPast(account.saidMs, quietMs, atMs)),
      )
      return open.map(([key, account]) => say(key, account, atMs))
    },
  }
}

/** A clock that was set back counts as time passed: better one line too many than silence for hours. */
function isPast(sinceMs: number, quietMs: number, atMs: number): boolean {
  return Math.abs(atMs - sinceMs) >= quietMs
}
