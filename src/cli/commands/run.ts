// The command `run`: the service, until a signal ends it.

import { runService } from '../../app.ts'
import { createLog } from '../../kit/log.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { loadOrTell, redactorOf } from './load.ts'
import { logSettingsOf } from './log-settings.ts'

export async function run(invocation: Invocation): Promise<number> {
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const { settings, version } = invocation
  const redact = redactorOf(settings)
  const log = await createLog(logSettingsOf(settings), { terminal: process.stdout, redact })
  try {
    return await runService({ ...loaded, settings, version, log, redact })
  } finally {
    await log.close()
  }
}
