// What the log of a command that serves is made of: the settings of the log, and Loki's address and login
// where it goes there too.

import type { Settings } from '../../config/settings.ts'
import type { LogSettings } from '../../kit/log.ts'

export function logSettingsOf({ log, loki, labels, target }: Settings): LogSettings {
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
