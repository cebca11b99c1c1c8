// The signals that stop the service. The first asks for a clean stop, a second one ends the process at once.
// Whoever signals a process group beside the process itself (npm and npx at Ctrl+C, timeout) sends one signal
// twice: what follows within `sameSignalMs` is the same.

/** Shorter than anyone presses Ctrl+C twice. */
export const sameSignalMs = 100

export type Stop = {
  readonly signal: AbortSignal
  readonly asked: Promise<void>
  /** The name of the first signal, '' before it. */
  cause(): string
}

export type StopOptions = {
  readonly nowMs?: () => number
  /** What a second signal does. */
  readonly end?: () => void
}

export function stopOnSignal(options: StopOptions = {}): Stop {
  const { nowMs = () => performance.now(), end = () => process.kill(process.pid, 'SIGKILL') } = options
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  let first: { readonly name: string; readonly atMs: number } | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (first !== undefined) {
        if (nowMs() - first.atMs > sameSignalMs) end()
        return
      }
      first = { name, atMs: nowMs() }
      controller.abort(new Error(name))
      resolve()
    })
  }
  return { signal: controller.signal, asked: promise, cause: () => first?.name ?? '' }
}
