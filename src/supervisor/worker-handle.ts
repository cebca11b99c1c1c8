// One metric's worker thread as the supervisor holds it: started, watched by its beats, restarted with
// backoff. A successor starts only after its predecessor's exit, and takes a new seat at the shipper.

import { Worker } from 'node:worker_threads'
import { backoffMs, restartBackoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'
import { entryPoint } from '../kit/entry-point.ts'
import type { Seat, Seats } from '../worker/seat.ts'
import type { FromWorker, ToWorker, WorkerInit } from '../worker/messages.ts'

const entry = entryPoint('../worker/thread', import.meta.url)
/** A worker beats every 5 s: after three missed beats it is stuck. */
const stuckAfterMs = 15_000
/** Until its first word it has longer: a hundred threads that start together wait for each other. */
const startWithinMs = 60_000
/**
 * A worker needs some 10 MB. Any bound below 2 GiB makes V8 run its builtins where they are, in the pages
 * that all threads share, instead of mapping them anew for each: 2 MB a worker.
 */
const resourceLimits = { maxOldGenerationSizeMb: 1_024 } as const
/**
 * Looks in a row at which it is overdue. One says nothing where the main thread or the whole process stood
 * still: what the worker said meanwhile is read after it.
 */
const overdueLooks = 3
/** A worker that lived this long did not fail at its start: the backoff begins anew. */
const settledMs = 60_000

/** What of a worker's words is the supervisor's; deliveries are the shipper's. */
export type ToSupervisor = Extract<
  FromWorker,
  { type: 'event' | 'abandoned' | 'went_down' | 'clean' | 'login_refused' | 'evicted' | 'stopped' }
>

export type WorkerHandleOptions = {
  readonly init: WorkerInit
  readonly clock: Clock
  readonly seats: Seats
  /** What a new worker has to be told at once: its host, whether it may poll. */
  readonly greetings: () => readonly ToWorker[]
  readonly onMessage: (message: ToSupervisor) => void
  readonly onStuck: () => void
  readonly onLost: (error: ErrorReport, restartMs: number) => void
}

export class WorkerHandle {
  readonly name: string
  readonly #options: WorkerHandleOptions
  readonly #leaving = new AbortController()
  #worker: Worker | undefined
  #seat: Seat | undefined
  #heardMs = 0
  #hasSpoken = false
  #overdue = 0
  readonly #ended: Promise<void>

  constructor(options: WorkerHandleOptions) {
    this.#options = options
    this.name = options.init.name
    this.#ended = this.#keep()
  }

  post(message: ToWorker): void {
    this.#worker?.postMessage(message)
  }

  /** Called once a second: ends the worker where it has given no sign of life for too long. */
  look(): void {
    if (this.#worker === undefined) return
    const quietMs = this.#options.clock.monotonicMs() - this.#heardMs
    const isOverdue = quietMs > (this.#hasSpoken ? stuckAfterMs : startWithinMs)
    this.#overdue = isOverdue ? this.#overdue + 1 : 0
    if (this.#overdue !== overdueLooks) return
    this.#options.onStuck()
    void this.#worker.terminate()
  }

  /** Asks the thread to leave; resolves when it is gone for good. */
  async leave(): Promise<void> {
    this.#leaving.abort()
    this.post({ type: 'leave' })
    // It may stand still over a locked spool, 250 ms at a time, and has nothing under way yet.
    if (!this.#hasSpoken) void this.#worker?.terminate()
    await this.#ended
  }

  async #keep(): Promise<void> {
    const { clock, onLost } = this.#options
    let failures = 0
    while (!this.#leaving.signal.aborted) {
      const startMs = clock.monotonicMs()
      const error = await this.#live()
      if (this.#leaving.signal.aborted) return
      failures = clock.monotonicMs() - startMs > settledMs ? 1 : failures + 1
      const restartMs = backoffMs(restartBackoff, failures, Math.random())
      onLost(error, restartMs)
      await clock.sleep(restartMs, this.#leaving.signal).catch(() => undefined)
    }
  }

  /** One life of the worker; resolves after its exit, when nothing of it is in flight any more. */
  async #live(): Promise<ErrorReport> {
    const { init, seats, greetings } = this.#options
    const worker = new Worker(entry, { workerData: init, name: init.name, resourceLimits })
    const seat = seats.join({
      grant: (stream, skewMs) => this.post({ type: 'grant', stream, skewMs }),
      answer: (stream, result) => this.post({ type: 'answer', stream, result }),
      told: (stream, lookup) => this.post({ type: 'told', stream, lookup }),
    })
    this.#worker = worker
    this.#seat = seat
    this.#heardMs = this.#options.clock.monotonicMs()
    this.#hasSpoken = false
    this.#overdue = 0
    for (const message of greetings()) worker.postMessage(message)
    let error: ErrorReport | undefined
    worker.on('message', (messages: readonly FromWorker[]) => {
      this.#heardMs = this.#options.clock.monotonicMs()
      this.#hasSpoken = true
      for (const message of messages) this.#receive(message)
    })
    worker.on('error', (cause) => {
      error = crashReport(cause)
    })
    const code = await new Promise<number>((resolve) => worker.once('exit', resolve))
    this.#worker = undefined
    this.#seat = undefined
    await seat.leave()
    if (this.#overdue >= overdueLooks) return stuckReport
    return error ?? crashed(`The thread of this metric ended with exit code ${code}.`)
  }

  #receive(message: FromWorker): void {
    const seat = this.#seat
    switch (message.type) {
      case 'beat':
        break
      case 'backlog':
        seat?.backlog(message.streams)
        break
      case 'push':
        seat?.push(message.push)
        break
      case 'ask':
        seat?.ask(message.question)
        break
      case 'pass':
        seat?.pass(message.stream, message.afterMs)
        break
      case 'settled':
        seat?.settled(message.stream, message.afterMs)
        break
      case 'gather':
        seat?.gather(message.stream, message.forMs)
        break
      case 'event':
      case 'abandoned':
      case 'went_down':
      case 'clean':
      case 'login_refused':
      case 'evicted':
      case 'stopped':
        this.#options.onMessage(message)
        break
    }
  }
}

const stuckReport: ErrorReport = {
  code: 'worker_stuck',
  message: 'The thread of this metric gave no sign of life for 15 s and was ended.',
  hint: 'It is started again. If this repeats, look at the disk of the state directory.',
}

const crashHint = 'It is started again. If this repeats, report it with these words.'

/** An error event keeps the report of a ReportedError, though not its class. */
function crashReport(cause: unknown): ErrorReport {
  const report = cause instanceof Error && 'report' in cause ? cause.report : undefined
  if (isReport(report)) return report
  const words = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return { ...crashed('The thread of this metric crashed.'), said: words.slice(0, 2_000) }
}

function crashed(message: string): ErrorReport {
  return { code: 'worker_crashed', message, hint: crashHint }
}

function isReport(value: unknown): value is ErrorReport {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value
}
