// Writes files that only rowtail may have written before: what else stands in their place stops all of them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ReportedError } from '../../core/errors.ts'
import type { WrittenFile } from '../../dashboards/configured.ts'
import { writtenMark } from '../../dashboards/scope.ts'

/** Throws a ReportedError before the first file is written, or where one cannot be. */
export function writeOwnFiles(directory: string, files: readonly WrittenFile[]): void {
  const foreign = files.map(({ path }) => join(directory, path)).filter(isForeign)
  if (foreign.length > 0) {
    throw new ReportedError({
      code: 'flag_invalid',
      message: `Nothing was written, for rowtail did not write what stands there: ${foreign.join(', ')}.`,
      hint: 'Name another folder with --out, or move these away.',
    })
  }
  for (const { path, text } of files) {
    const place = join(directory, path)
    attempt(place, () => {
      mkdirSync(dirname(place), { recursive: true })
      writeFileSync(place, text)
    })
  }
}

function isForeign(place: string): boolean {
  return attempt(place, () => {
    try {
      return !readFileSync(place, 'utf8').includes(writtenMark)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
  })
}

function attempt<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    const said = error instanceof Error ? error.message : String(error)
    const message = `${place} cannot be written.`
    const hint = 'Name a folder with --out that the user who runs rowtail may write to.'
    throw new ReportedError({ code: 'flag_invalid', message, hint, said }, { cause: error })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
