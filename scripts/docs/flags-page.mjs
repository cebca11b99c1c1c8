// docs/flags.md: every flag of the table, and how flags, environment and files go together.

import { environmentName } from '../../src/cli/flags-names.ts'
import { flagGroups, flags } from '../../src/cli/flags.ts'
import { placeholderOf } from '../../src/cli/help.ts'
import { maxSecretBytes } from '../../src/cli/settings-given.ts'
import { formatDuration } from '../../src/core/duration.ts'
import { formatSize } from '../../src/core/size.ts'
import { code, codeList, generatedMark, table } from './markdown.mjs'

export function flagsPage() {
  return `# Flags and environment

${generatedMark}

Every flag but those of single commands is also an environment variable: \`--loki_host\` is
\`ROWTAIL_LOKI_HOST\`. The flag beats the variable, the variable beats the default; an empty variable counts
as none. A flag is written \`--port 5000\` or \`--port=5000\`; a value that begins with a dash needs the
second form. A boolean flag without a value is true. \`--help\` prints all this in short.

Everything that is wrong is told at once, and rowtail ends with exit code 2 before it has touched anything:
unknown flags with the nearest known one, values out of range, a flag that stands twice, flags that contradict
each other. A variable that begins with \`ROWTAIL_\` and is not known is a warning.

${flagGroups.map(groupSection).join('\n\n')}

## Secrets

${codeList(secretNames().map((name) => `--${name}`))} are secrets. Each can be read from a file:
\`--password_file\`, \`ROWTAIL_PASSWORD_FILE\` and so on; the file holds one line of at most
${formatSize(maxSecretBytes)}, and the line break at its end is no part of it. Kubernetes and Docker secrets
and systemd credentials are such files. \`--loki_key\` is a file anyway.

A secret on the command line itself works, with a warning: rowtail overwrites its command line before it does
anything else, but a process list may have been faster, and a process manager may have kept it.

${wayToLokiSection()}

## What excludes what

- \`--connection_string\` stands in place of \`--driver\`, \`--host\`, \`--port\`, \`--database\`, \`--user\`,
  \`--password\`, \`--service\` and \`--clustered\`; \`--loki_url\` in place of \`--loki_host\` and
  \`--loki_port\`; \`--loki_token\` in place of \`--loki_user\` and \`--loki_password\`. Both on the command
  line, or both in the environment, is a fault. One on the command line and the other in the environment is a
  warning, and the command line counts.
- \`--service\` and \`--clustered\` belong to SqreamODBCDriver. With another \`--driver\`, port, database,
  user and password have no default.
- \`--loki_ca\`, \`--loki_cert\` and \`--loki_key\` need an https address in \`--loki_url\`.

${targetSection()}

## Durations and sizes

A duration is \`500ms\`, \`30s\`, \`5m\`, \`1h\`, \`1d\`, or a number of seconds. A size is a number of bytes,
or \`64MiB\`, \`2GiB\` (by 1024), \`1MB\` (by 1000).
`
}

function targetSection() {
  return `## Names of the target

The stream labels \`host\` and \`database\`, and the directory of the state, must be the same after a restart.

${table(
  ['target', 'label `host`', 'label `database`', 'name'],
  [
    ['by flags', '`--host`', '`--database`, else the host', '`<host>_<port>_<database>`'],
    [
      'by connection string',
      'its server, else its DSN, else the name',
      'its database, else its DSN, else the name',
      '`<server>_<port>_<database>` of what it tells, else `odbc_` and a hash without secrets',
    ],
    [
      'SQLite',
      '`--host`, else the name of this machine',
      'name of the file',
      '`sqlite_<file>_` and a hash of its path',
    ],
  ],
)}

\`--target_name\` sets the name: of the state directory, and of labels where the table says "the name". In a
container, give a SQLite target its \`--host\`: the container's own name changes with each start.`
}

function wayToLokiSection() {
  return `## Between rowtail and Loki

A private authority is trusted with \`--loki_ca\`, a file of PEM. A proxy is taken from the environment, as
with curl: \`HTTPS_PROXY\` for an https address, \`HTTP_PROXY\` for a plain one, \`NO_PROXY\` for hosts that
need none, in capitals or small letters. A Loki on this machine is never asked through a proxy, and no
database is. The proxy is \`http://\` or \`https://\`, with \`user:password@\` where it wants a login. It
needs Node 24.5 or newer.`
}

function secretNames() {
  return flags.filter((flag) => flag.isSecret === true).map((flag) => flag.name)
}

function groupSection(group) {
  const rows = flags
    .filter((flag) => flag.group === group)
    .map((flag) => [
      namesOf(flag),
      flag.verbs === undefined ? code(environmentName(flag.name)) : '',
      code(flag.default ?? flag.defaultText ?? ''),
      `${flag.description}${rangeOf(flag.value)}`,
    ])
  return `## ${group}\n\n${table(['flag', 'environment', 'default', ''], rows)}`
}

function namesOf(flag) {
  const alias = flag.alias === undefined ? [] : [code(`--${flag.alias}`)]
  return [code(`--${flag.name} ${placeholderOf(flag)}`), ...alias].join(', ')
}

function rangeOf(value) {
  if (value.kind === 'size') return `; ${formatSize(value.minBytes)} to ${formatSize(value.maxBytes)}`
  if (value.kind === 'number') return `; ${value.min} to ${value.max}`
  return value.kind === 'duration' ? `; 0 to ${formatDuration(value.maxMs)}` : ''
}
