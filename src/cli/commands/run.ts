// The command `run`: the service, until a signal ends it.

import { runService } from '../../app.ts'
import type { Settings } from '../../config/settings.ts'
import { createLog, type LogSettings } from '../../kit/log.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { loadOrTell, redactorOf } from './load.ts'

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

function logSettingsOf({ log, loki, labels, target }: Settings): LogSettings {
  const { level, format, filePath, isSentToLoki } = log
  const { login, tenant, tls, proxy, endpoint } = loki
  const toLoki = {
    url: endpoint.pushUrl,
    ...(tenant === undefined ? {} : { tenant }),
    ...(login.kind === 'basic' ? { user: login.user, password: login.password } : {}),
    ...(login.kind === 'bearer' ? { token: login.token } : {}),
    tls,
    ...(proxy === undefined ? {} : { proxy }),
    labels: { ...labels, ...target.labels },
  }
  return {
    level,
    format,
    ...(filePath === undefined ? {} : { filePath }),
    ...(isSentToLoki ? { toLoki } : {}),
  }
}
