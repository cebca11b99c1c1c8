// The command `dashboards`: writes dashboards, provisioning files and alerts for this configuration into a
// folder. Queries that no shipped dashboard knows are run once, for their columns. It needs no Loki.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import { ReportedError, sentenceOf } from '../../core/errors.ts'
import type { Metric } from '../../core/metric.ts'
import { countOf } from '../../core/quantity.ts'
import { columnsOf } from '../../dashboards/columns.ts'
import { type Configuration, configuredFiles, shippedPaths } from '../../dashboards/configured.ts'
import type { SampledMetric } from '../../dashboards/metrics.ts'
import { scopeOf } from '../../dashboards/scope.ts'
import { sqreamMetrics } from '../../dashboards/sqream.ts'
import { systemClock } from '../../kit/clock.ts'
import { checkDatabase } from '../../startup/check-database.ts'
import { openQuestions, type Questions } from '../../supervisor/questions.ts'
import { sampleOf } from '../check/sample.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { processSurroundings } from '../settings-surroundings.ts'
import { loadOrTell, redactorOf } from './load.ts'
import { speaker } from './tell.ts'
import { writeOwnFiles } from './own-files.ts'

export async function dashboards(invocation: Invocation): Promise<number> {
  const { settings, outPath: directory } = invocation
  if (directory === undefined) {
    const message = 'dashboards needs --out, the folder to write into.'
    throw new ReportedError({ code: 'flag_invalid', message })
  }
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const say = speaker(process.stderr, redactorOf(settings))
  for (const warning of loaded.warnings) say(sentenceOf(warning))
  const { metrics } = loaded
  const asked = metrics.filter(({ name, send }) => send && !sqreamMetrics.includes(name))
  const sampled = asked.length === 0 ? [] : await sampledBy(asked, settings, say)
  const { target, loki } = settings
  const configuration = { scope: scopeOf(target), loki, metrics, sampled, directory, shipped: shippedFiles() }
  const files = configuredFiles(configuration)
  writeOwnFiles(directory, files)
  for (const { path } of files) process.stdout.write(`${join(directory, path)}\n`)
  say(`${countOf(files.length, 'file')} written; docs/dashboards.md says where each of them goes.`)
  return sampled.length < asked.length ? exitCodes.startup : exitCodes.stopped
}

function shippedFiles(): Configuration['shipped'] {
  const folder = join(processSurroundings().packageDir, 'dashboards')
  const texts = shippedPaths.map((path) => [path, readFileSync(join(folder, path), 'utf8')] as const)
  // An object from a list of all its keys.
  return Object.fromEntries(texts) as Configuration['shipped']
}

type Say = (text: string) => void

async function sampledBy(metrics: readonly Metric[], settings: Settings, say: Say): Promise<SampledMetric[]> {
  const maxTimeoutMs = Math.max(...metrics.map(({ timeoutMs }) => timeoutMs))
  const questions = openQuestions(settings.target, systemClock, maxTimeoutMs)
  try {
    const { signal } = new AbortController()
    const finding = await checkDatabase(settings.target, () => questions.connect(), signal)
    if (finding.kind === 'failed') throw new ReportedError(finding.error)
    const sampled: SampledMetric[] = []
    for (const metric of metrics) {
      const one = await sampledMetric(metric, questions, { settings, say })
      if (one !== undefined) sampled.push(one)
    }
    return sampled
  } finally {
    await questions.close()
  }
}

async function sampledMetric(
  metric: Metric,
  questions: Questions,
  { settings, say }: { settings: Settings; say: Say },
): Promise<SampledMetric | undefined> {
  const { name, intervalMs, labels } = metric
  const sample = await sampleOf(metric, questions, settings.bounds.run)
  if (sample.kind === 'failed') {
    say(`${name} has no panels: ${sentenceOf(sample.error)}`)
    return undefined
  }
  const { columns = [], rows } = sample.run.summary
  const taken = [...Object.keys(settings.labels), ...Object.keys(labels)]
  if (rows === 0) say(`${name} returned no rows: its panels go by the types of its columns alone.`)
  return { name, intervalMs, columns: columnsOf(columns, { lines: sample.firstLines, rows }, taken) }
}
