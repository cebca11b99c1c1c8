// The demo's Loki: the receiver with its entries on disk, on a port that stays the same while it is away.

import { Listener, type ListenerOptions } from './listener.ts'
import { LokiApi } from './loki-api.ts'

export interface Receiver {
  readonly baseUrl: string
  readonly isAway: boolean
  /** Cuts all connections and refuses new ones. */
  leave(): Promise<void>
  /** Rejects where somebody else has taken its port meanwhile. */
  comeBack(): Promise<void>
  close(): Promise<void>
}

/** Near Loki's own 3100 without being in its way. */
const usualPort = 3_110
const maxStoredBytes = 64 * 1024 * 1024

/** Listens on the usual port, or on any free one where that is taken. */
export async function openReceiver(file: string): Promise<Receiver> {
  const api = new LokiApi({ file, maxStoredBytes })
  const listener = await listen(api)
  return {
    get baseUrl() {
      return listener.baseUrl
    },
    get isAway() {
      return !listener.isListening
    },
    leave: () => listener.stop(),
    comeBack: () => listener.start(),
    async close() {
      api.endTails()
      await listener.stop()
      api.close()
    },
  }
}

async function listen(api: LokiApi): Promise<Listener> {
  const options: ListenerOptions = {
    handle: (asked) => api.answer(asked),
    upgrade: (asked, connection) => api.upgrade(asked, connection),
    maxBodyBytes: api.limits.maxBodyBytes,
    nowMs: () => api.nowMs(),
  }
  try {
    const listener = new Listener({ ...options, port: usualPort })
    await listener.start()
    return listener
  } catch {
    const listener = new Listener(options)
    await listener.start()
    return listener
  }
}
