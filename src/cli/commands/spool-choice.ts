// Which spools a command of `spool` is about: those of the state directory, or of the metrics that are named.

import { existsSync } from 'node:fs'
import { nearestName } from '../../config/suggest.ts'
import { ReportedError } from '../../core/errors.ts'
import { type SpoolFile, spoolDirectoryOf, spoolFiles } from '../../spool/files.ts'
import type { Invocation } from '../program.ts'

/** Throws ReportedError where there is none, or none of that name. */
export function chosenSpools({ settings, metrics }: Invocation): SpoolFile[] {
  const directory = spoolDirectoryOf(settings.stateDir)
  const files = existsSync(directory) ? spoolFiles(directory) : []
  if (files.length === 0) {
    throw new ReportedError({
      code: 'state_dir_unusable',
      message: `There is no spool in ${directory}.`,
      hint: 'Give the flags of the target as for run, or its --state_dir.',
    })
  }
  return metrics.length === 0 ? files : metrics.map((metric) => named(metric, files))
}

function named(metric: string, files: readonly SpoolFile[]): SpoolFile {
  const file = files.find((one) => one.metric === metric)
  if (file !== undefined) return file
  const names = files.map((one) => one.metric)
  const near = nearestName(metric, names)
  throw new ReportedError({
    code: 'flag_invalid',
    message: `There is no spool of a metric '${metric}'.`,
    hint: near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean '${near}'?`,
  })
}
