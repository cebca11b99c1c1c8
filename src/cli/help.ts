// What `rowtail --help` prints: commands, and every flag with its default, in at most 80 columns.

import { wrap } from '../config/format-faults.ts'
import { type Flag, flagGroups, flags, type FlagValue } from './flags.ts'
import { commands } from './program-arguments.ts'

const widthColumns = 80
const nameColumns = 29

export function helpText(version: string): string {
  return [
    `rowtail ${version}: every metric is a query, every result row is one Loki line`,
    '',
    'Usage: rowtail [command] [flags]',
    '',
    'Commands',
    ...commands.flatMap(({ usage, description }) => row(usage, description)),
    ...flagGroups.flatMap((group) => ['', group, ...rowsOf(group)]),
    '',
    'Other',
    ...row('-h, --help', 'this text'),
    ...row('--version', 'the version'),
    '',
    ...wrap(closing, widthColumns),
    '',
  ].join('\n')
}

const closing =
  'Every flag but those of single commands is also an environment variable, --loki_host is ' +
  'ROWTAIL_LOKI_HOST; the flag wins. ' +
  'Passwords, tokens and connection strings are better read from a file: --password_file, ' +
  'ROWTAIL_PASSWORD_FILE and so on. Durations are 500ms, 30s, 5m, 1h, 1d; sizes 64MiB, 1MB.'

function rowsOf(group: string): string[] {
  return (flags satisfies readonly Flag[])
    .filter((flag) => flag.group === group)
    .flatMap((flag: Flag) => row(`--${flag.name} ${placeholderOf(flag)}`.trimEnd(), meaningOf(flag)))
}

const placeholders: Readonly<Record<Exclude<FlagValue['kind'], 'choice' | 'size'>, string>> = {
  text: '<text>',
  path: '<path>',
  url: '<url>',
  address: '<host:port>',
  labels: '<name=value>',
  port: '<port>',
  boolean: '[true|false]',
  when: '<duration|time>',
  duration: '<duration>',
  number: '<number>',
}

/** What stands behind the flag's name. */
export function placeholderOf({ value }: Flag): string {
  if (value.kind === 'choice') return `<${value.choices.join('|')}>`
  if (value.kind === 'size') return value.canBeOff === true ? '<size|off>' : '<size>'
  return placeholders[value.kind]
}

function meaningOf(flag: Flag): string {
  const alias = flag.alias === undefined ? '' : `, or --${flag.alias}`
  const byDefault = flag.default ?? flag.defaultText
  return `${flag.description}${alias}${byDefault === undefined ? '' : ` [${byDefault}]`}`
}

/** A name too long for its column stands on a line of its own. */
function row(name: string, meaning: string): string[] {
  const indent = ' '.repeat(nameColumns + 2)
  const [first = '', ...more] = wrap(meaning, widthColumns - indent.length)
  const isLong = name.length > nameColumns - 2
  const head = isLong ? [`  ${name}`, indent + first] : [`  ${name}`.padEnd(indent.length) + first]
  return [...head, ...more.map((line) => indent + line)]
}
