// Bytes of the last minutes, counted in slots of equal length: bounded memory, whatever comes.

export type WindowSize = {
  /** How far back it reaches; up to one slot further. */
  readonly windowMs: number
  readonly slotMs: number
}

export class ByteWindow {
  readonly #size: WindowSize
  readonly #slots = new Map<number, number>()

  constructor(size: WindowSize) {
    this.#size = size
  }

  add(atMs: number, bytes: number): void {
    const slot = Math.floor(atMs / this.#size.slotMs)
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + bytes)
    const oldest = this.#oldestSlot(atMs)
    for (const old of this.#slots.keys()) if (old < oldest) this.#slots.delete(old)
  }

  bytes(nowMs: number): number {
    const oldest = this.#oldestSlot(nowMs)
    return [...this.#slots].reduce((sum, [slot, bytes]) => (slot >= oldest ? sum + bytes : sum), 0)
  }

  /** Bytes a second, over the whole window also where less time has passed since the first byte. */
  bytesPerSecond(nowMs: number): number {
    const coveredMs = nowMs - this.#oldestSlot(nowMs) * this.#size.slotMs
    return (this.bytes(nowMs) * 1_000) / coveredMs
  }

  #oldestSlot(nowMs: number): number {
    return Math.floor((nowMs - this.#size.windowMs) / this.#size.slotMs)
  }
}
