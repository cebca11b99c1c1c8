// The command `demo`: the service as `run` has it, on a database with a life of its own, into a
// Loki-compatible receiver or into the Loki that was named. Everything lies in a temporary directory that
// goes with it. Nothing of this is loaded by the other commands.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runService } from '../../app.ts'
import type { LokiSettings, Settings } from '../../config/settings.ts'
import { createDirector, type Director } from '../../demo/director.ts'
import { readKeys } from '../../demo/keys.ts'
import { openStage, type Stage } from '../../demo/stage.ts'
import { createLog, type Log } from '../../kit/log.ts'
import { endpointOf } from '../../sinks/loki/config.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { loadOrTell, redactorOf } from './load.ts'
import { logSettingsOf } from './log-settings.ts'

export async function demo(invocation: Invocation): Promise<number> {
  // Named as the service names its own directories, which a later start sweeps away after a kill.
  const directory = mkdtempSync(path.join(tmpdir(), `rowtail-${process.pid}-`))
  try {
    const hasReceiver = invocation.settings.loki.isDefault
    const stage = await openStage({ directory, hasReceiver, seed: Date.now() })
    try {
      return await serve(stage, {
        ...invocation,
        settings: settingsOn(stage, invocation.settings, directory),
      })
    } finally {
      await stage.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function serve(stage: Stage, invocation: Invocation): Promise<number> {
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const { settings, version } = invocation
  const redact = redactorOf(settings)
  const log = await createLog(logSettingsOf(settings), { terminal: process.stdout, redact })
  const director = directorOf(stage, settings, log)
  const release = readKeys(process.stdin, director.key)
  try {
    return await runService({ ...loaded, settings, version, log, redact, observe: director.observe })
  } finally {
    release()
    await log.close()
  }
}

function settingsOn(stage: Stage, settings: Settings, directory: string): Settings {
  const { target, metricsPath, receiver } = stage
  const loki = receiver === undefined ? settings.loki : lokiAt(receiver.baseUrl, settings.loki)
  return {
    ...settings,
    target,
    metricsPath,
    stateDir: path.join(directory, 'state'),
    loki,
    hasCpuCheck: false,
  }
}

/** On this machine and open to all: no tenant, no login, no proxy in between. */
function lokiAt(baseUrl: string, { sendsMetadata, streamRate }: LokiSettings): LokiSettings {
  const login = { kind: 'none' } as const
  return { endpoint: endpointOf(baseUrl), login, tls: {}, sendsMetadata, streamRate, isDefault: true }
}

function directorOf(stage: Stage, settings: Settings, log: Log): Director {
  return createDirector({
    stage,
    lokiUrl: new URL(settings.loki.endpoint.pushUrl).origin,
    say: (event, message) => log.write({ atMs: Date.now(), level: 'info', event, message, fields: {} }),
    print: (text) => void process.stderr.write(text),
    stop: () => void process.kill(process.pid, 'SIGINT'),
    kill: (pid) => void process.kill(pid, 'SIGKILL'),
  })
}
