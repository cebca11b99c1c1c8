// How queries misbehave until a test says otherwise: per utility function, or all of them.

import type { UtilityName } from './utility-functions.ts'

export type Behaviour =
  /** Accepted and never answered; a cancel ends it unless it is deaf, as a wedged server is. */
  | { readonly kind: 'hang'; readonly isDeaf?: boolean }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'fail'; readonly sqlState: string; readonly said: string }
  /** The connection is cut when the query comes. */
  | { readonly kind: 'drop' }

/** Whose queries: one function's, or `'*'` for every query, the driver's own set-up included. */
export type Whose = UtilityName | '*'

export type ActiveBehaviour = {
  readonly behaviour: Behaviour
  /** Aborts when the behaviour ends: whoever is held goes on. */
  readonly ended: AbortSignal
}

export class Behaviours {
  readonly #active = new Map<Whose, { behaviour: Behaviour; end: AbortController }>()

  set(whose: Whose, behaviour: Behaviour): void {
    this.end(whose)
    this.#active.set(whose, { behaviour, end: new AbortController() })
  }

  end(whose: Whose): void {
    this.#active.get(whose)?.end.abort()
    this.#active.delete(whose)
  }

  endAll(): void {
    for (const whose of this.#active.keys()) this.end(whose)
  }

  of(utility: UtilityName | undefined): ActiveBehaviour | undefined {
    const own = utility === undefined ? undefined : this.#active.get(utility)
    const active = own ?? this.#active.get('*')
    return active && { behaviour: active.behaviour, ended: active.end.signal }
  }
}
