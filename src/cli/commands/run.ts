// The command `run`: the service, until a signal ends it. A driver host comes up on the machine's other core
// while the service's own files are loaded, which therefore nothing here imports at once.

import type { ChildProcess } from 'node:child_process'
import { metricsByHost, spawnHostProcess } from '../../supervisor/host-process.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { type Loaded, loadOrTell, redactorOf } from './load.ts'
import { logSettingsOf } from './log-settings.ts'

export async function run(invocation: Invocation): Promise<number> {
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const { target } = invocation.settings
  const names = loaded.metrics.map(({ name }) => name)
  const [served = []] = metricsByHost(target.kind, names)
  const hostProcess = spawnHostProcess(target, served.length)
  try {
    return await serve(invocation, loaded, hostProcess)
  } finally {
    hostProcess.kill('SIGKILL') // the service may have ended before it gave it anything to do
  }
}

async function serve(
  { settings, version }: Invocation,
  loaded: Loaded,
  hostProcess: ChildProcess,
): Promise<number> {
  const { createLog } = await import('../../kit/log.ts')
  const { runService } = await import('../../app.ts')
  const redact = redactorOf(settings)
  const log = await createLog(logSettingsOf(settings), { terminal: process.stdout, redact })
  try {
    return await runService({ ...loaded, settings, version, log, redact, hostProcess })
  } finally {
    await log.close()
  }
}
