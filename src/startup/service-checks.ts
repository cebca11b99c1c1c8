// The startup checks that ask servers, in their order; `run` and `check` use the same list. The metrics file
// and the state directory come before: their failures are faults of settings and end the process with exit
// code 2.

import type { Settings } from '../config/settings.ts'
import type { Sink } from '../core/sink.ts'
import { checkCpuOnly, type Ask } from './check-cpu-only.ts'
import { checkDatabase, type Connect } from './check-database.ts'
import { checkLoki } from './check-loki.ts'
import type { StartupCheck } from './run-startup-checks.ts'

export type Servers = { readonly connect: Connect; readonly ask: Ask; readonly sink: Sink }

export function serviceChecks(settings: Settings, { connect, ask, sink }: Servers): StartupCheck[] {
  const { target, loki, hasCpuCheck } = settings
  const readiness = (signal: AbortSignal) => sink.readiness(signal)
  const cpuOnly: StartupCheck = {
    name: 'cpu only',
    needs: 'database',
    check: (signal) => checkCpuOnly(target, ask, signal),
  }
  return [
    { name: 'database', check: (signal) => checkDatabase(target, connect, signal) },
    ...(hasCpuCheck ? [cpuOnly] : []),
    { name: 'loki', check: (signal) => checkLoki({ readiness, where: loki.endpoint.pushUrl }, signal) },
  ]
}
