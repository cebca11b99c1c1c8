// In CI the output is all that is left of a round that failed: it has to tell why, and must stay short.

import { describe, expect, it } from 'vitest'
import { digestOf } from './digest.ts'
import type { Finding } from './ledger.ts'
import { planOf } from './plan.ts'

const plan = planOf(7, 100)
const logLine = (level: string, metric: string | undefined, msg: string): string =>
  JSON.stringify({ level, event: 'e', ...(metric === undefined ? {} : { metric }), msg })

function digest(findings: readonly Finding[], output: string): string[] {
  return digestOf({ plan, findings, outputs: [output] })
}

describe('the digest of a failed round', () => {
  it('tells findings, plan, and what the log says of the service and the metrics concerned', () => {
    const output = [
      logLine('info', 's7_r100_m1', 'of m1'),
      logLine('info', 's7_r100_m2', 'of m2'),
      logLine('debug', 's7_r100_m1', 'a detail'),
      logLine('warn', undefined, 'of the service'),
      'Error: a crash',
    ].join('\n')
    const text = digest([{ kind: 'lost', what: 's7_r100_m1: a row' }], output).join('\n')
    for (const part of ['lost: s7_r100_m1: a row', '"seed":7', 'of m1', 'of the service', 'Error: a crash'])
      expect(text).toContain(part)
    for (const part of ['of m2', 'a detail', '"name":"s7_r100_m2"']) expect(text).not.toContain(part)
  })

  it('stays short, however much went wrong', () => {
    const findings = Array.from(
      { length: 1_000 },
      (_, row): Finding => ({ kind: 'lost', what: `row ${row}` }),
    )
    const output = Array.from({ length: 5_000 }, () => logLine('error', undefined, 'x'.repeat(2_000))).join(
      '\n',
    )
    const lines = digest(findings, output)
    expect(plan.metrics).toHaveLength(50)
    expect(lines.length).toBeLessThan(110)
    for (const line of lines) expect(line.length).toBeLessThan(330)
  })
})
