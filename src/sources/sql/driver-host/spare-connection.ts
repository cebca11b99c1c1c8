// The connection of a login that was tried, kept for the first lane that needs one: a login often takes
// longer than a query.

import type { DriverConnection } from './drivers/driver.ts'

/** A metric that polls takes it within this time; later it is not withheld from the database any longer. */
const keepMs = 5_000

export class SpareConnection {
  #connection: DriverConnection | undefined
  #timer: NodeJS.Timeout | undefined

  /** Closes the one before. */
  keep(connection: DriverConnection): void {
    close(this.take())
    this.#connection = connection
    this.#timer = setTimeout(() => close(this.take()), keepMs)
  }

  take(): DriverConnection | undefined {
    clearTimeout(this.#timer)
    const connection = this.#connection
    this.#connection = undefined
    return connection
  }
}

function close(connection: DriverConnection | undefined): void {
  connection?.close().catch(() => undefined) // it is of no use any more, whatever it says
}
