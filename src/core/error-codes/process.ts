// Errors of the spool, of workers and of rowtail itself. docs/errors.md is written from these accounts.

import type { ErrorAccount } from './account.ts'

export const processErrors = {
  spool_damaged: {
    means:
      "The file of a metric's spool is not what was written. It is put aside and a new one begun, with " +
      'all rows that could be read; the log counts those and, where it can, the others.',
    cause: 'A failing disk, or another program that wrote to it.',
    cure:
      'The copy is named, and holds the dead letters: see `spool export`. `sqlite3 <copy> .recover` may ' +
      'save more.',
  },
  spool_newer: {
    means: 'The spool was written by a newer rowtail. It is put aside.',
    cause: 'A downgrade.',
    cure: 'Run the newer one again until the spool is empty, then go back.',
  },
  spool_full: {
    means:
      'The bound of the spool was met: the oldest rows went, and were counted. At start: the disk has ' +
      'less room than `--disk_reserve`.',
    cause: 'Loki was away for longer than the spool lasts; a small disk.',
    cure: 'Raise `--spool_metric` and `--spool_total`, or lower `--disk_reserve`; see [flags.md](flags.md).',
  },
  spool_write_failed: {
    means:
      'Rows were read and could not be spooled; the run counts as failed. Or the spool cannot be ' +
      'opened.',
    cause:
      'The disk has less than 5 MiB free, or is read-only; the file belongs to another user, or another ' +
      'program holds it.',
    cure: 'Make room. Nothing was promised to Loki, and the next run asks again.',
  },
  worker_crashed: {
    means: 'The thread of a metric died. It is started again; its spool is its memory.',
    cause: 'A defect of rowtail, or too little memory.',
    cure: 'None if it passes; else report it with the words that are shown.',
  },
  worker_stuck: {
    means: 'The thread of a metric gave no sign of life for 15 s and is ended.',
    cause: 'A disk that hangs, a machine that is far too busy.',
    cure: 'None if it passes; else look at the disk of the state directory.',
  },
  internal: {
    means: 'A defect of rowtail.',
    cure: 'Report it, with the stack.',
  },
} as const satisfies Readonly<Record<string, ErrorAccount>>
