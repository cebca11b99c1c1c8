// rowtail's own log in a rotating file, written by winston. It is opened once by hand first, so that a path
// that cannot be written is a fault of the settings; what goes wrong later is the gate's to bear, never a
// crash.

import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type winston from 'winston'
import { ReportedError } from '../core/errors.ts'
import type { Outlet, OutletEvents } from './log-gate.ts'
import type { LineForm } from './log-text.ts'

export type LogFileSettings = {
  /** The newest lines are here; older files have 1 to 9 before the extension: `rowtail1.log`. */
  readonly filePath: string
  readonly form: LineForm
  /** A file that has reached this size is rotated; default 10 MB. */
  readonly maxFileBytes?: number
  /** How many files are kept, the newest included; default 10. */
  readonly maxFiles?: number
}

const maxFileBytes = 10_000_000
const maxFiles = 10

/**
 * Throws ReportedError flag_invalid where the file cannot be appended to, or its folder not be rotated
 * in.
 */
export function checkLogFile(filePath: string): void {
  const folder = dirname(filePath)
  try {
    mkdirSync(folder, { recursive: true })
    closeSync(openSync(filePath, 'a'))
    // Rotation renames: without this right winston would try for ever.
    accessSync(folder, constants.W_OK)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const message = `--log_file_path ${filePath} cannot be written.`
    const hint = 'Name a file in a folder that the user who runs rowtail may write to.'
    throw new ReportedError({ code: 'flag_invalid', message, hint, said }, { cause: error })
  }
}

export function openLogFile(
  library: typeof winston,
  settings: LogFileSettings,
  events: OutletEvents,
): Outlet {
  const file = new library.transports.File({
    filename: settings.filePath,
    maxsize: settings.maxFileBytes ?? maxFileBytes,
    maxFiles: settings.maxFiles ?? maxFiles,
    tailable: true,
    eol: '',
  })
  const logger = library.createLogger({
    level: 'debug',
    format: library.format.printf((info) => String(info.message)),
    transports: [file],
  })
  const pacer = createPacer((text) => logger.info(text))
  file.once('open', pacer.next)
  file.on('logged', () => {
    events.taken(1)
    setImmediate(pacer.next)
  })
  logger.on('error', events.failed)

  return {
    write: (jsonLine) => pacer.add(settings.form(jsonLine)),
    async close(signal) {
      await pacer.emptied(signal)
      const { promise, resolve } = Promise.withResolvers<void>()
      file.once('finish', resolve)
      file.once('error', () => resolve())
      logger.end()
      await promise
    },
  }
}

/**
 * Hands on one line at a time, the next when asked for. winston's File loses what it holds in memory at the
 * moment of a rotation (3.19: bursts of 5,000 lines lost some 170 at each); with one line under way it
 * holds none.
 */
function createPacer(write: (text: string) => void) {
  const queue: string[] = []
  let isReady = false
  let onEmpty: (() => void) | undefined

  function next(): void {
    const text = queue.shift()
    isReady = text === undefined
    if (text === undefined) onEmpty?.()
    else write(text)
  }

  return {
    next,
    add(text: string): void {
      queue.push(text)
      if (isReady) next()
    },
    /** Resolves when the last line is out, or the signal aborts. */
    emptied(signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        if (isReady) resolve()
        onEmpty = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
  }
}
