// What breaks in the spool: staging, ranges, settling, bounds.

import { mutantsOf } from './mutant.ts'

export const mutantsOfSpool = [
  ...mutantsOf('spool/spool.ts', 'spool/spool.test.ts', [
    {
      rule: 'Q-1',
      breaks: 'shows a run before its end',
      from: 'const run = isStaged ? 1 : 0',
      to: 'const run = isStaged ? 0 : 0',
    },
    {
      rule: 'Q-10',
      breaks: 'hands out a range twice',
      from: 'if (this.#held.has(stream) || this',
      to: 'if (this',
    },
    {
      rule: 'Q-11',
      breaks: 'spans a staged chunk by a range',
      from: `if (range === undefined) continue
        break`,
      to: 'continue',
    },
    {
      rule: 'Q-12',
      breaks: 'removes what came meanwhile with a range',
      from: 'deleteRange.run(range.stream, range.firstChunk, range.lastChunk)',
      to: 'deleteRange.run(range.stream, range.firstChunk, 2 ** 40)',
    },
    {
      rule: 'Q-12',
      breaks: 'lowers the last time of a stream',
      from: 'if (chunk.lastNs > lastNs) this',
      to: 'this',
    },
    {
      rule: 'Q-3',
      breaks: 'writes all chunks of a run again at its commit',
      from: 'this.#store.statements.showRun.run(lastRunMs)',
      to: `this.#store.statements.showRun.run(lastRunMs)
        this.#store.database.exec("update chunks set body = body || x'00'")`,
    },
  ]),
  ...mutantsOf('spool/schema.ts', 'spool/spool.test.ts', [
    {
      rule: 'Q-6',
      breaks: 'gives the number of a chunk that is gone to another',
      from: `create table chunks (
    id integer primary key autoincrement,`,
      to: `create table chunks (
    id integer primary key,`,
    },
  ]),
  ...mutantsOf('spool/store.ts', 'spool/spool.test.ts', [
    {
      rule: 'Q-17',
      breaks: 'gives back what the next run needs',
      from: 'sparePages = 256',
      to: 'sparePages = 0',
    },
  ]),
  ...mutantsOf('spool/store.ts', 'spool/failures.test.ts', [
    {
      rule: 'Q-5',
      breaks: 'leaves a transaction open that failed',
      from: 'if (this.database.isTransaction) this.statements.rollback.run()',
      to: '',
    },
  ]),
  ...mutantsOf('spool/spool.ts', 'spool/crash.test.ts', [
    {
      rule: 'Q-2',
      breaks: 'shows the parts of a run that a crash cut off',
      from: 'const run = isStaged ? 1 : 0',
      to: 'const run = isStaged ? 0 : 0',
    },
    {
      rule: 'Q-4',
      breaks: 'keeps what a crash left staged',
      from: 'this.#store.statements.firstStaged.get()?.id ?? undefined',
      to: 'undefined',
    },
  ]),
  ...mutantsOf('spool/spool.ts', 'spool/ranges.test.ts', [
    {
      rule: 'Q-9',
      breaks: 'passes over what waits for its time',
      from: 'if (row.lastNs > notAfterNs) break',
      to: 'if (row.lastNs > notAfterNs) continue',
    },
  ]),
  ...mutantsOf('spool/range.ts', 'spool/ranges.test.ts', [
    {
      rule: 'Q-8',
      breaks: 'makes a push of more than 192 KiB',
      from: 'if (range.bytes + bytes > maxChunkBytes)',
      to: 'if (range.bytes > maxChunkBytes)',
    },
    {
      rule: 'Q-8',
      breaks: 'makes a push of more than 15 minutes',
      from: 'lastNs - range.firstNs > maxRangeSpanNs',
      to: 'lastNs - range.firstNs > maxRangeSpanNs + 1n',
    },
    {
      rule: 'Q-8',
      breaks: 'makes a push whose times descend',
      from: 'if (firstNs < range.lastNs) return undefined',
      to: '',
    },
  ]),
  ...mutantsOf('spool/spool.ts', 'spool/bounds.test.ts', [
    {
      rule: 'Q-15',
      breaks: 'does not count what it drops',
      from: 'this.#countDropped(dropped, reason)',
      to: '',
    },
  ]),
  ...mutantsOf('spool/victims.ts', 'spool/bounds.test.ts', [
    {
      rule: 'Q-13',
      breaks: 'drops a chunk more than it has to',
      from: 'const isWanted = found < bytes',
      to: 'const isWanted = found <= bytes',
    },
    {
      rule: 'Q-13',
      breaks: 'drops a range in flight',
      from: 'range?.firstChunk ?? 0, range?.lastChunk ?? 0',
      to: '0, 0',
    },
    {
      rule: 'Q-13',
      breaks: 'drops run lines before rows',
      from: "rows.length > 0 ? rows : oldestOf('runs', view)",
      to: "[...oldestOf('runs', view), ...rows]",
    },
  ]),
  ...mutantsOf('spool/dead-letters.ts', 'spool/spool.test.ts', [
    {
      rule: 'Q-14',
      breaks: 'keeps a byte of dead letters more than its bound',
      from: 'while (bytes > this.#maxBytes)',
      to: 'while (bytes > this.#maxBytes + 1)',
    },
  ]),
  ...mutantsOf('spool/spool.ts', 'spool/failures.test.ts', [
    {
      rule: 'Q-16',
      breaks: 'calls a run failed where only its bound could not be kept',
      from: `      // then.
      return []`,
      to: `      // then.
      throw new Error('the bound')`,
    },
  ]),
  ...mutantsOf('spool/ledger.ts', 'spool/model.test.ts', [
    {
      rule: 'Q-7',
      breaks: 'forgets in its counters what left the spool',
      from: 'this.#count(stream, { entries: -amount.entries, bytes: -amount.bytes })',
      to: 'this.#count(stream, { entries: 0, bytes: -amount.bytes })',
    },
  ]),
]
