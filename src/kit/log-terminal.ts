// rowtail's own log on a terminal or pipe. A reader that stands still or goes away is no trouble of
// rowtail's: the gate before this outlet counts what the stream still holds, and a broken pipe is never an
// uncaught error.

import type { Writable } from 'node:stream'
import type { Outlet, OutletEvents } from './log-gate.ts'
import type { LineForm } from './log-text.ts'

export function openTerminal(stream: Writable, form: LineForm, events: OutletEvents): Outlet {
  // The write's callback tells what is wrong; without a listener the same error would end the process.
  stream.on('error', ignore)

  function settle(error: Error | null | undefined): void {
    if (error === null || error === undefined) events.taken(1)
    else events.failed(error)
  }

  return {
    write: (jsonLine) => void stream.write(form(jsonLine), settle),
    /** The stream is its owner's; what was written before is out when this empty write is. */
    close: () => new Promise((resolve) => void stream.write('', () => resolve())),
  }
}

function ignore(): void {
  // Told by the write's callback.
}
