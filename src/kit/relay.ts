// Hands events to one listener that comes late: those before it are kept for it, up to a bound. app.ts joins
// the web server with it, whose libraries load when the first events have happened already.

export interface Relay<Event> {
  tell(event: Event): void
  /** Gets what was kept, then every event. */
  listen(listener: (event: Event) => void): void
  /** Nobody will listen: nothing is kept any more. */
  close(): void
}

/** Beyond `maxKept` events that nobody has heard yet, later ones are not kept. */
export function createRelay<Event>(maxKept: number): Relay<Event> {
  const kept: Event[] = []
  let listener: ((event: Event) => void) | undefined
  let isClosed = false
  return {
    tell(event) {
      if (listener !== undefined) listener(event)
      else if (!isClosed && kept.length < maxKept) kept.push(event)
    },
    listen(next) {
      listener = next
      for (const event of kept.splice(0)) next(event)
    },
    close() {
      isClosed = true
      listener = undefined
      kept.length = 0
    },
  }
}
