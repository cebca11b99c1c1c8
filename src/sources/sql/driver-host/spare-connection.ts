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
    void closeQuietly(this.take())
    this.#connection = connection
    this.#timer = setTimeout(() => void closeQuietly(this.take()), keepMs)
  }

  take(): DriverConnection | undefined {
    clearTimeout(this.#timer)
    const connection = this.#connection
    this.#connection = undefined
    return connection
  }
}

/** It is of no use any more, whatever it says. */
export async function closeQuietly(connection: DriverConnection | undefined): Promise<void> {
  await connection?.close().catch(() => undefined)
}
