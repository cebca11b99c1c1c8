// A gate that the main thread opens and closes: polls wait before it until the startup checks have passed,
// and again while the database refuses the login.

export class Gate {
  #isOpen = false
  #waiting: (() => void)[] = []

  get isOpen(): boolean {
    return this.#isOpen
  }

  open(): void {
    this.#isOpen = true
    for (const go of this.#waiting.splice(0)) go()
  }

  close(): void {
    this.#isOpen = false
  }

  /** Resolves when the gate is open; rejects with the signal's reason. */
  async opened(signal: AbortSignal): Promise<void> {
    while (!this.#isOpen) {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(resolve)
      await promise.finally(() => signal.removeEventListener('abort', onAbort))
    }
  }
}
