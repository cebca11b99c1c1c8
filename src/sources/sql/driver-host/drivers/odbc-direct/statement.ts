// One statement: a handle with at most one call in flight, which can be cancelled. It outlives its calls:
// freeing a handle under a queued cancel would crash the process.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Diagnostic } from '../../../sql-errors.ts'
import { handleTypes, type OdbcApi, type OdbcCall } from './api.ts'
import { allocate, diagnosticsOf, type TypedHandle } from './handles.ts'

/** A cancel that meets a call before the driver has sent it is lost: it is repeated while the call runs. */
const cancelEveryMs = 200
const maxCancels = 10

type CallArguments = Parameters<OdbcCall['later']>

export class Statement {
  readonly api: OdbcApi
  readonly #handle: TypedHandle
  #inFlight: Promise<number> | undefined
  #cancelling: Promise<void> | undefined
  #isCancelled = false

  constructor(api: OdbcApi, connection: TypedHandle) {
    this.api = api
    this.#handle = allocate(api, handleTypes.statement, connection)
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** A short call, on a statement that is not busy. */
  now(call: OdbcCall, ...args: CallArguments): number {
    return call.now(this.#handle.handle, ...args)
  }

  /** A call that may take long, off the event loop. */
  async later(call: OdbcCall, ...args: CallArguments): Promise<number> {
    this.#inFlight = call.later(this.#handle.handle, ...args)
    try {
      return await this.#inFlight
    } finally {
      this.#inFlight = undefined
    }
  }

  diagnostics(): Diagnostic[] {
    return diagnosticsOf(this.api, this.#handle)
  }

  /** Ends the call in flight, and forbids further ones: the cursor asks isCancelled between its blocks. */
  cancel(): Promise<void> {
    this.#isCancelled = true
    this.#cancelling ??= this.#cancelInFlight()
    return this.#cancelling
  }

  /** Frees the handle once nothing uses it; resolves with the return code. */
  async free(): Promise<number> {
    await this.#inFlight?.catch(() => undefined)
    await this.#cancelling
    return this.api.freeHandle.later(handleTypes.statement, this.#handle.handle)
  }

  async #cancelInFlight(): Promise<void> {
    for (let count = 0; count < maxCancels; count++) {
      const running = this.#inFlight
      if (running === undefined) return
      await this.api.cancel.later(this.#handle.handle)
      const done = running.then(
        () => true,
        () => true,
      )
      if (await Promise.race([done, sleep(cancelEveryMs, false, { ref: false })])) return
    }
  }
}
