// docs/fidelity.md: the fidelity matrix as the tests hold it against real drivers and a real Loki, and the
// settings that driver profiles add to a connection string.

import { profiles } from '../../src/sources/sql/profiles.ts'
import { arrivalOf, labelOf, verdictOf } from '../../test/fidelity/cell.ts'
import { hidden, notRunHere, tables } from '../../test/fidelity/matrix.ts'
import { code, codeList, generatedMark, table } from './markdown.mjs'

const longestShown = 60

export function fidelityPage() {
  return `# Fidelity: what arrives of each value

${generatedMark}

What a value of a database is in Loki, for every driver that the tests can run: the line as Loki 3.7 has
stored it, and the label that \`| json\` makes of it. \`test/integration/fidelity.test.ts\` runs rowtail on
these tables, asks Loki, and fails at any other character. The rules behind it: [values.md](values.md).

| verdict | means |
| --- | --- |
| exact | what the database means, to the last digit |
| right, flagged | it is, but the driver does not show that it is |
| flagged | it is not, and the flag says why: in the log, in the run line, in \`check\` |

There is no fourth one. Drivers as Debian 12 has them. Not run here: ${notRunHere.join(', ')}.

${tables.map(databaseSection).join('\n\n')}

## What shows nowhere

Some differences show in no value, so that none can be flagged. The log says them once, where they can
happen.

${hidden.map((sentence) => `- ${sentence}`).join('\n')}

## Driver profiles

rowtail adds these settings to the connection string of a driver that it knows by name. A setting that the
connection string has already is left as it is, under its short name too.

${profiles.map(profileSection).join('\n\n')}

MariaDB's driver and SQLite's have no profile: what they would get wrong is read otherwise, or flagged. Leave
\`StepAPI\` of the SQLite ODBC driver off: it saves memory, and takes the types of computed columns away. A
\`timestamp\` of MariaDB comes in the zone of its session and is flagged for it; rowtail does not change the
zone, because \`now()\` and \`curdate()\` of the query would change with it.
`
}

function databaseSection({ database, routes, cells, names }) {
  const drivers = [...new Set(routes.map(({ driver }) => driver))]
  return `## ${database}

Drivers: ${drivers.join(', ')}. A row of NULLs beside it: \`null\` in each column, and no label.

${table(
  ['column', 'value', 'by', 'line', 'after `| json`', 'verdict'],
  cells.flatMap((cell) => cellRows(cell, routes)),
)}

Columns of odd names: \`${names.query}\`

gives ${code(names.line)}; after \`| json\`: ${Object.entries(names.labels)
    .map(([name, value]) => code(`${name}=${value}`))
    .join(', ')}.`
}

/** One row for ways by which the same arrives. */
function cellRows(cell, routes) {
  const ways = [...new Set(routes.map(({ way }) => way))]
  const alike = Map.groupBy(ways, (way) => JSON.stringify([arrivalOf(cell, way), verdictOf(cell, way)]))
  return [...alike.values()].map((group, index) => {
    const [way] = group
    const { json } = arrivalOf(cell, way)
    const head = index === 0 ? [code(cell.type), shown(cell.sql)] : ['', '']
    const by = group.length === ways.length ? 'all' : group.join(', ')
    return [...head, by, shown(json), labelCell(json), verdictCell(cell, way)]
  })
}

function labelCell(json) {
  const label = labelOf(json)
  if (label === undefined) return 'no label'
  return label === '' ? 'empty' : shown(visible(label))
}

/** Characters that no page shows, as JSON would write them. */
function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function verdictCell(cell, way) {
  const { flags } = arrivalOf(cell, way)
  const verdict = verdictOf(cell, way)
  if (verdict === 'exact') return 'exact'
  return `${verdict === 'doubted' ? 'right, flagged' : 'flagged'} ${codeList(flags)}`
}

function shown(text) {
  const characters = [...visible(text)]
  if (characters.length <= longestShown) return code(characters.join(''))
  return `${code(`${characters.slice(0, longestShown / 2).join('')}…`)} (${[...text].length} characters)`
}

function profileSection({ name, settings }) {
  return `### ${name}

${table(
  ['setting', 'short', 'value', 'cures'],
  settings.map(({ key, aliases, value, why }) => [code(key), codeList(aliases), code(value), why]),
)}`
}
