// Errors of flags, environment, metrics file, state directory and port: nothing is started. docs/errors.md is
// written from these accounts.

import type { ErrorAccount } from './account.ts'

export const settingsErrors = {
  flag_invalid: {
    means: 'A flag or a variable `ROWTAIL_…` is unknown, wrong, given twice, or contradicts another.',
    cause: 'A misspelling; a port out of range; `--loki_url` and `--loki_host` both.',
    cure: 'The sentence names the flag, what it has and what was expected; [flags.md](flags.md) lists them.',
  },
  secret_unreadable: {
    means: 'The file of a secret or certificate cannot be used.',
    cause: 'It is missing, empty, a directory, has several lines, or belongs to another user.',
    cure: "Check the path and its rights: one line, readable by rowtail's user.",
  },
  config_missing: {
    means: 'There is no metrics file at that path.',
    cause: 'A wrong path, or a working directory that is not what was thought.',
    cure: 'Name it with `--metrics_json_path`.',
  },
  config_unreadable: {
    means: 'The metrics file is there and cannot be read.',
    cause: 'No right to read it, a directory or pipe, or more than 1 MiB.',
    cure: 'Mend the rights or the path.',
  },
  config_encoding: {
    means: 'The metrics file is no UTF-8.',
    cause: 'An editor that saves Latin-1 or UTF-16.',
    cure: 'Save it as UTF-8; the place of the first wrong byte is named.',
  },
  config_syntax: {
    means: 'The metrics file is no JSON.',
    cause: 'A trailing comma, a comment, single quotes, a missing brace.',
    cure: 'Each fault has its line and column.',
  },
  config_invalid: {
    means: 'The JSON is no list of metrics.',
    cause: 'An unknown metric without a query, a misspelt key, an interval of 0, a label that Loki refuses.',
    cure: 'Each fault says what was expected; [configuration.md](configuration.md) has the rules.',
  },
  state_dir_unusable: {
    means: 'The state directory cannot be made or written.',
    cause: 'No right to write, a full or read-only disk.',
    cure: 'Mend the rights, or name another with `--state_dir`.',
  },
  state_dir_in_use: {
    means: 'Another rowtail uses this state directory.',
    cause: 'Two services for one target.',
    cure: 'Stop the one whose process id is named, or give this one its own `--state_dir`.',
  },
  port_taken: {
    means: 'The port of `--listen` is taken. A default port that is taken is a warning.',
    cause: 'Another rowtail on this machine.',
    cure: 'Another port, or `--listen off`.',
  },
} as const satisfies Readonly<Record<string, ErrorAccount>>
