// docs/configuration.md: the metrics file, its keys as the schema describes them, and its bounds.

import { maxLabelNameBytes, maxLabels, maxLabelValueBytes, ownLabels } from '../../src/config/labels.ts'
import { maxConfigBytes, maxMetrics } from '../../src/config/load-metrics.ts'
import { maxMetricNameLength, reservedMetricNames } from '../../src/config/metric-name.ts'
import { maxQueryFileBytes } from '../../src/config/metric-query.ts'
import { keyReference } from '../../src/config/schema.ts'
import { isSentByDefault, sqreamFunctions } from '../../src/config/sqream-functions.ts'
import { formatSize } from '../../src/core/size.ts'
import { code, codeList, generatedMark, table } from './markdown.mjs'

export function configurationPage() {
  return `# The metrics file

${generatedMark}

${formSection()}

${keySection()}

${nameSection()}

${querySection()}

${labelSection()}

${fileSection()}
`
}

function formSection() {
  return `\`monitor_input.json\` says what is asked and how often. rowtail reads the file of
\`--metrics_json_path\`, else the one in the working directory, else its own.
It is one JSON object; each key is the name of a metric:

\`\`\`json
{
  "show_locks": 2,
  "show_server_status": "500ms",
  "get_license_info": { "every": "1h", "timeout": "10s", "labels": { "team": "capacity" } },
  "connections": { "every": "30s", "query": "select show_connections();" },
  "nodes": { "every": "30m", "query_file": "queries/nodes.sql" }
}
\`\`\`

Editors that know JSON schemas complete and check it with
\`"$schema": "…/config_files/monitor_input.schema.json"\` as its first line, which rowtail reads past. A
schema cannot say everything: \`rowtail check\` can.

A number or a duration is short for \`{ "every": … }\`. More examples:
\`config_files/monitor_input.full.json\`, and \`config_files/monitor_input.postgres.json\` for another
database.`
}

function keySection() {
  const keys = Object.entries(keyReference).map(([name, words]) => ({ name, ...words }))
  const rows = keys.map((key) => [code(key.name), key.description, key.form, key.default, key.bounds])
  return `## Keys of a metric

${table(['key', 'meaning', 'form', 'default', 'bounds'], rows)}

Intervals are a grid: the metric is asked at start + n × interval, whatever a run takes. A run that overruns
skips the ticks it missed; a metric never overlaps itself.`
}

function nameSection() {
  const notSent = sqreamFunctions.filter((name) => !isSentByDefault(name))
  return `## Names

A name has letters, digits and \`_\`, begins with a letter, and has at most ${maxMetricNameLength} characters:
it becomes the value of the label \`job\`, the name of a file and a word in the log. Two names may not differ
by case alone, since some file systems do not tell them apart. Not to be had are
${codeList(reservedMetricNames)}, which are rowtail's own streams, and names that Windows keeps for devices,
such as \`con\` and \`nul\`.

On a SQreamDB these names need no query; \`select <name>();\` is asked:

${sqreamFunctions.map((name) => `- ${code(name)}`).join('\n')}

The result of ${codeList(notSent)} is not sent unless \`"send": true\` asks for it. Any other name, and every
name on any other database, needs \`query\` or \`query_file\`.`
}

function querySection() {
  return `## Queries

One metric is one statement; a \`;\` at its end does no harm. What follows it is a second statement: a fault
for SQreamDB, a warning elsewhere, because only the first result is read. Semicolons in strings, quoted names,
dollar quotes and comments are no ends.`
}

function labelSection() {
  return `## Labels

Every stream has the labels \`job\` (the metric), \`host\` and \`database\`, those of \`--label\`, and those
of the metric, which win. Loki takes ${maxLabels} labels, names of letters, digits and \`_\` up to
${maxLabelNameBytes} bytes, and values up to ${maxLabelValueBytes} bytes. ${codeList(ownLabels)} and names
that begin with \`__\` are not to be had. What changes from poll to poll is no label: each value would be a
stream.`
}

function fileSection() {
  return `## The file itself

- At most ${maxMetrics} metrics, and ${formatSize(maxConfigBytes)}; a query file has at most
  ${formatSize(maxQueryFileBytes)}.
- UTF-8. A byte order mark is passed over: it changes no meaning, and some editors always write one. UTF-16
  and Latin-1 are faults, with the place of the first byte that is wrong.
- Strict JSON: no comments, no trailing commas. Other programs read the same file.
- A key that stands twice is a fault, as is a file without a metric.

All faults of the file are told at once, each with its line and column, and rowtail ends with exit code 2:

\`\`\`
monitor_input.json:3:14  show_locks.every is "5", which is a string; expected a number of seconds
                         or a duration such as "2s"
                         Write 5 without quotes, or "5s".
\`\`\``
}
