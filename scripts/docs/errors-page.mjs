// docs/errors.md: every error code with what it means and what to do, from src/core/error-codes/, and how the
// program ends with each.

import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts'
import { databaseErrors } from '../../src/core/error-codes/database.ts'
import { lokiErrors } from '../../src/core/error-codes/loki.ts'
import { processErrors } from '../../src/core/error-codes/process.ts'
import { settingsErrors } from '../../src/core/error-codes/settings.ts'
import { code, generatedMark, table } from './markdown.mjs'

export function errorsPage() {
  return `# Errors

${generatedMark}

Every error of rowtail has a code that stays, a sentence with the value that was wrong, the other side's own
words where there are any, and a hint. The code stands in the log, in \`/api/status\`, and in the run line of
Loki (\`{job="rowtail"} | json | error_code="…"\`). No text ever holds a password, a token or a key.

The column "ends" is the exit code where the error ends the program; – means that rowtail goes on, tries
again, and says when it is over. "at start" means: only while the startup checks run.

${table(['exit code', 'meaning'], endings)}

## Settings

${codesTable(settingsErrors)}

## Database

${codesTable(databaseErrors)}

## Loki

Rows wait in the spool through all of these, but for \`loki_refused_entries\`, \`loki_too_large\` and
\`loki_too_old\`, whose entries go to the dead letters, with the reason.

${codesTable(lokiErrors)}

## Spool and process

${codesTable(processErrors)}
`
}

const endings = [
  ['0', 'stopped cleanly, by SIGINT, SIGTERM or SIGHUP; `check`, `once` and `dashboards`: all went well'],
  [
    '1',
    'a defect of rowtail: the stack is printed; `spool verify`: rows are missing in Loki, or there twice',
  ],
  ['2', 'a flag, the environment, the metrics file, the state directory or the port: nothing was started'],
  ['3', 'a startup check failed: wrong password, unreachable server, wrong service'],
  ['4', '`spool verify`: Loki does not show everything yet ([operations.md](operations.md))'],
]

function codesTable(accounts) {
  return table(
    ['code', 'meaning', 'likely cause', 'cure', 'ends'],
    Object.entries(accounts).map(([name, account]) => [
      code(name),
      account.means,
      account.cause ?? '–',
      account.cure,
      endOf(name, account),
    ]),
  )
}

function endOf(name, { endsStart = false }) {
  const exit = exitCodeOf(name)
  if (exit !== exitCodes.startup) return String(exit)
  return endsStart ? `${exit} at start` : '–'
}
