// Takes a command line apart with yargs' parser: which command, which metrics, which flags with which texts.
// What is not known becomes a fault with a suggestion; what a value means is none of its business
// (settings-values).

import parseWords from 'yargs-parser'
import { type ConfigFault, didYouMean, hintOf, quoted } from '../config/fault.ts'
import { nearestName } from '../config/suggest.ts'
import { allSpellings, spellingsOf } from './flags-names.ts'
import { type Flag, flags as table, type Verb } from './flags.ts'
import type { FlagTexts } from './settings-given.ts'

export const commands = [
  { name: 'run', usage: 'run', description: 'the service; what rowtail does without a command' },
  {
    name: 'check',
    usage: 'check',
    description: 'every startup check, then each query once; nothing is pushed',
  },
  {
    name: 'once',
    usage: 'once [metric…]',
    description: 'one run of every metric, or of those named, as JSON lines on stdout',
  },
  {
    name: 'demo',
    usage: 'demo',
    description: 'the service on a database of its own, into a Loki of its own; keys break things',
  },
  {
    name: 'dashboards',
    usage: 'dashboards',
    description: 'Grafana dashboards and alerts for these metrics, written into --out',
  },
  { name: 'spool ls', usage: 'spool ls [metric…]', description: 'what waits for Loki, and what it refused' },
  {
    name: 'spool verify',
    usage: 'spool verify [metric…]',
    description: 'ask Loki for what was delivered: 0 all there, 1 missing or twice, 4 not shown yet',
  },
  {
    name: 'spool replay',
    usage: 'spool replay [metric…]',
    description: 'put dead letters back into the queue, after a cure and with the service stopped',
  },
  {
    name: 'spool export',
    usage: 'spool export [metric…]',
    description: 'waiting rows, or dead letters, as JSON lines on stdout',
  },
] as const

export type CommandName = (typeof commands)[number]['name']

export type Arguments = {
  readonly command: CommandName
  /** The names behind `once` and the commands of `spool`. */
  readonly metrics: readonly string[]
  readonly flags: FlagTexts
  readonly wants: 'command' | 'help' | 'version'
  readonly faults: readonly ConfigFault[]
}

export function parseArguments(args: readonly string[]): Arguments {
  const parsed = parse(args)
  const flags = new Map<string, string[]>()
  const faults: ConfigFault[] = []
  for (const [name, value] of Object.entries(parsed)) {
    if (yargsOwn.has(name)) continue
    if (allSpellings.includes(name)) flags.set(name, [value].flat().map(String))
    else faults.push(unknownFlag(name, args))
  }
  const positionals = [parsed._, parsed['--'] ?? []].flat().map(String)
  const { command, metrics, fault } = commandOf(positionals)
  if (fault === undefined) faults.push(...misplacedFlags(command, [...flags.keys()]))
  return {
    command,
    metrics,
    flags,
    wants:
      isOn(parsed, 'help') || isOn(parsed, 'h') ? 'help' : isOn(parsed, 'version') ? 'version' : 'command',
    faults: [...(fault === undefined ? [] : [fault]), ...faults],
  }
}

/** What the demo has of its own, beside the database. */
const demoFlags: readonly string[] = ['metrics_json_path', 'state_dir']

/** Flags of one command each. */
const ownFlags: readonly Flag[] = table.filter((flag: Flag) => flag.verbs !== undefined)

/** They take no value from the next word, which may be the name of a metric. */
const switches: readonly string[] = ownFlags
  .filter(({ value }) => value.kind === 'boolean')
  .map(({ name }) => name)

const yargsOwn: ReadonlySet<string> = new Set(['_', '--', 'help', 'h', 'version'])

type Parsed = { readonly _: readonly unknown[]; readonly [name: string]: unknown }

function isOn(parsed: Parsed, name: string): boolean {
  return [parsed[name]].flat().includes(true)
}

/**
 * Every flag is text to yargs: a port, a boolean or a repeated flag that is wrong shall be told in our words.
 */
function parse(args: readonly string[]): Parsed {
  return parseWords(args.map(keepQuotes), {
    string: allSpellings.filter((name) => !switches.includes(name)),
    boolean: ['help', 'h', 'version', ...switches],
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'short-option-groups': false,
    },
  })
}

/**
 * The parser takes one pair of quotes off what follows a `=`, and they may be letters of a password: add one.
 */
function keepQuotes(argument: string): string {
  return argument.replace(/^(--?[^=]+=)((["']).*\3)$/s, `$1"$2"`)
}

type ReadCommand = { command: CommandName; metrics: readonly string[]; fault?: ConfigFault }

function commandOf(positionals: readonly string[]): ReadCommand {
  const [first, ...more] = positionals
  // `spool ls` is one command of two words.
  const [word, rest] = first === 'spool' ? [`spool ${more[0] ?? ''}`.trim(), more.slice(1)] : [first, more]
  if (word === undefined) return { command: 'run', metrics: [] }
  const known = commands.find(({ name }) => name === word)
  if (known === undefined) return { command: 'run', metrics: [], fault: unknownCommand(word) }
  if (known.usage.includes('[metric…]') || rest.length === 0) return { command: known.name, metrics: rest }
  const message = `${known.name} stands together with ${quoted(rest.join(' '))}; expected flags only`
  return { command: known.name, metrics: [], fault: { code: 'flag_invalid', message } }
}

/** Flags of another command than this one. */
function misplacedFlags(command: CommandName, names: readonly string[]): ConfigFault[] {
  const refused = command === 'demo' ? names.filter(isBroughtByDemo).map(refusedByDemo) : []
  const ofOthers = ownFlags
    .filter(
      ({ name, verbs = [] }) =>
        names.includes(name) && !verbs.some((verb) => command === commandOfVerb(verb)),
    )
    .map(({ name, verbs = [] }): ConfigFault => {
      const takers = new Intl.ListFormat('en-GB').format(verbs.map(commandOfVerb)) // `a, b and c`
      return { code: 'flag_invalid', message: `"--${name}" is a flag of ${takers}, not of ${command}` }
    })
  return [...refused, ...ofOthers]
}

function commandOfVerb(verb: Verb): CommandName {
  return verb === 'check' || verb === 'dashboards' ? verb : `spool ${verb}`
}

function isBroughtByDemo(name: string): boolean {
  return table.some((flag: Flag) => {
    const isOfTarget = flag.group === 'SQreamDB' || flag.group === 'Any database'
    return (isOfTarget || demoFlags.includes(flag.name)) && spellingsOf(flag).includes(name)
  })
}

function refusedByDemo(name: string): ConfigFault {
  const message = `"--${name}" is no flag of demo, which brings its own database, metrics and state directory`
  return { code: 'flag_invalid', message }
}

function unknownCommand(word: string): ConfigFault {
  const names = commands.map(({ name }) => name)
  const nearest = nearestName(word, names)
  return {
    code: 'flag_invalid',
    message: `${quoted(word)} is no command; expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
    ...hintOf(didYouMean(nearest)),
  }
}

function unknownFlag(name: string, args: readonly string[]): ConfigFault {
  const nearest = nearestName(name, allSpellings)
  const isShort = args.some((argument) => argument.split('=')[0] === `-${name}`)
  return {
    code: 'flag_invalid',
    message: `${quoted(`${isShort ? '-' : '--'}${name}`)} is no flag of rowtail`,
    hint: nearest === undefined ? 'rowtail --help lists them.' : `Did you mean "--${nearest}"?`,
  }
}
