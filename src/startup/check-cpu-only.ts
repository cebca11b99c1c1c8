// The startup check that a SQream service is CPU-only, so that monitoring never takes a GPU from users. A
// worker without a GPU fails `select 1` with an Internal Runtime Error while the utility functions work: that
// failure is the proof. Any other trouble is reported as itself and never taken for a pass.

import type { ErrorReport } from '../core/errors.ts'
import type { RunResult } from '../core/source.ts'
import { describeTarget, type Target } from '../core/target.ts'
import { failedByServer, type Finding, withTried } from './finding.ts'

/** Runs one query and throws its rows away. */
export type Ask = (query: string, signal: AbortSignal) => Promise<RunResult>

/** How long `select 1` may take before the check says so. */
export const cpuCheckTimeoutMs = 15_000

const probe = 'select 1'
const proof = /internal runtime error/i
const rightsState = /^42501$/
const rightsWords = /permission|privilege|not authori[sz]ed|access denied/i

export async function checkCpuOnly(target: Target, ask: Ask, signal: AbortSignal): Promise<Finding> {
  const result = await ask(probe, signal)
  if (result.kind === 'finished') return failedByServer(gpuReport(target))
  const { error } = result
  if (error.code !== 'query_failed') return failedByServer(withTried(error, describeTarget(target)))
  const words = error.said ?? error.message
  if (proof.test(words)) {
    return {
      kind: 'passed',
      detail: `The service is CPU-only: \`${probe}\` fails there with an Internal Runtime Error.`,
    }
  }
  if (rightsState.test(error.sqlState ?? '') || rightsWords.test(words)) {
    return failedByServer(withTried(error, describeTarget(target)))
  }
  return { kind: 'warned', error: unsureReport(target, error) }
}

function serviceOf(target: Target): string {
  return target.tried['service'] ?? ''
}

function gpuReport(target: Target): ErrorReport {
  return {
    code: 'not_cpu_only',
    message:
      `The service ${serviceOf(target)} is not CPU-only: \`${probe}\` succeeded ` +
      `(${describeTarget(target)}).`,
    hint:
      'Name the service of a worker without a GPU (--service monitor), or give its worker `"gpu": 0` and ' +
      '`"cudaMemQuota": 0` in sqream_config.json and start it again. --cpu_check off leaves this check out.',
  }
}

function unsureReport(target: Target, error: ErrorReport): ErrorReport {
  return {
    ...error,
    message:
      `\`${probe}\` failed on the service ${serviceOf(target)}, as it does where there is no GPU, ` +
      'but not with the words Internal Runtime Error, so it may have failed for another reason.',
    hint: 'If the service is known to be CPU-only, --cpu_check off leaves this check out.',
  }
}
