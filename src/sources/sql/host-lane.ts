// A worker's end of its lane to a driver host: connect, say the token, run one query at a time. It imports
// nothing but Node, so that fifty workers stay light.

import type net from 'node:net'
import type { RunRequest, RunSummary } from '../../core/source.ts'
import type { ErrorReport } from '../../core/errors.ts'
import { connectForFrames, decodeFrame, encodeFrame, type FrameType } from './driver-host/protocol.ts'

/** Where a driver host listens. The token is the host's, made anew for each. */
export type HostAddress = { readonly hostId: number; readonly socketPath: string; readonly token: string }

export type LaneAnswer =
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'failed'; readonly error: ErrorReport }
  /** The host went away, or never was there. */
  | { readonly kind: 'lost' }

export class HostLane {
  readonly address: HostAddress
  readonly #socket: net.Socket
  #onLines: (lines: Uint8Array) => void = () => undefined
  #onAnswer: (answer: LaneAnswer) => void = () => undefined
  #runId = 0

  private constructor(address: HostAddress, onWelcome: () => void) {
    this.address = address
    this.#socket = connectForFrames(address.socketPath, (type, payload) => {
      if (type === 'welcome') onWelcome()
      else this.#receive(type, payload)
    })
    this.#socket.on('close', () => this.#onAnswer({ kind: 'lost' }))
  }

  /**
   * Resolves with a lane that the host has welcomed, or undefined where none answers before the signal
   * aborts.
   */
  static open(address: HostAddress, name: string, signal: AbortSignal): Promise<HostLane | undefined> {
    return new Promise((resolve) => {
      const lane = new HostLane(address, () => {
        signal.removeEventListener('abort', giveUp)
        resolve(lane)
      })
      const socket = lane.#socket
      const giveUp = () => socket.destroy()
      socket.on('connect', () => socket.write(encodeFrame('hello', { token: address.token, lane: name })))
      socket.on('error', () => socket.destroy())
      socket.on('close', () => resolve(undefined))
      signal.addEventListener('abort', giveUp, { once: true })
      if (signal.aborted) giveUp()
    })
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** Sends a query; resolves with its end. One at a time. */
  run(request: RunRequest, onLines: (lines: Uint8Array) => void): Promise<LaneAnswer> {
    this.#runId += 1
    this.#onLines = onLines
    const answer = new Promise<LaneAnswer>((resolve) => {
      this.#onAnswer = resolve
      if (!this.isOpen) resolve({ kind: 'lost' })
    })
    this.#socket.write(encodeFrame('run', { id: this.#runId, ...request }))
    return answer
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(type: FrameType, payload: Buffer): void {
    switch (type) {
      case 'rows':
        this.#onLines(payload)
        break
      case 'finished':
        this.#onAnswer({ kind: 'finished', summary: decodeFrame('finished', payload).summary })
        break
      case 'failed': {
        this.#onAnswer({ kind: 'failed', error: decodeFrame('failed', payload).error })
        break
      }
      case 'hello':
      case 'welcome':
      case 'run':
      case 'cancel':
        throw new Error(`a ${type} frame from a driver host`)
    }
  }
}
