// What was given for each flag, and by what: command line before environment before default. Secrets come
// from their files here. Values are still text; settings-values reads them.

import { resolve } from 'node:path'
import { type ConfigFault, didYouMean, hintOf, quoted } from '../config/fault.ts'
import { formatSize } from '../core/size.ts'
import { nearestName } from '../config/suggest.ts'
import type { ErrorReport } from '../core/errors.ts'
import { allVariables, environmentName, flagOf, spellingsOf } from './flags-names.ts'
import { type Flag, type FlagName, flags } from './flags.ts'
import type { Surroundings } from './settings-surroundings.ts'

export type GivenValue = {
  readonly texts: readonly string[]
  readonly origin: 'flag' | 'environment'
  /** As the operator wrote it: `--port`, `ROWTAIL_PORT`, `--password_file`. */
  readonly spelling: string
}

export type Given = {
  readonly values: Map<FlagName, GivenValue>
  readonly faults: ConfigFault[]
  readonly warnings: ErrorReport[]
}

/** Flags of the command line by spelling, without dashes; repeated ones have several texts. */
export type FlagTexts = ReadonlyMap<string, readonly string[]>

export const maxSecretBytes = 64 * 1024

export function collectGiven(texts: FlagTexts, surroundings: Surroundings): Given {
  const given: Given = { values: new Map(), faults: [], warnings: [] }
  for (const flag of flags) {
    const value = valueOf(given, flag, { texts, surroundings })
    if (value !== undefined) given.values.set(flag.name, value)
  }
  warnOfUnknownVariables(given, surroundings)
  warnOfSecretsInArgv(given)
  return given
}

export function addFlagFault(given: Given, message: string, hint?: string): void {
  given.faults.push({ code: 'flag_invalid', message, ...hintOf(hint) })
}

/**
 * Of two groups that exclude each other, the one from the command line wins over the one from the
 * environment; where both come from the same side it is a fault, and the answer false.
 */
export function exclude(given: Given, names: readonly FlagName[], others: readonly FlagName[]): boolean {
  const one = strongest(given, names)
  const other = strongest(given, others)
  if (one === undefined || other === undefined) return true
  if (one.origin === other.origin) {
    const spellings = valuesOf(given, others)
      .filter(({ origin }) => origin === one.origin)
      .map(({ spelling }) => spelling)
    const message = `${one.spelling} stands together with ${spellings.join(', ')}; expected one or the other`
    addFlagFault(given, message)
    return false
  }
  if (one.origin === 'flag') leaveOut(given, others, one.spelling)
  else leaveOut(given, names, other.spelling)
  return true
}

/** Forgets what the environment says of these flags. */
function leaveOut(given: Given, names: readonly FlagName[], instead: string): void {
  for (const name of names) {
    const value = given.values.get(name)
    if (value?.origin !== 'environment') continue
    given.values.delete(name)
    warn(given, `${value.spelling} is not used: ${instead} on the command line takes its place.`)
  }
}

function strongest(given: Given, names: readonly FlagName[]): GivenValue | undefined {
  const values = valuesOf(given, names)
  return values.find(({ origin }) => origin === 'flag') ?? values[0]
}

function valuesOf(given: Given, names: readonly FlagName[]): GivenValue[] {
  return names.flatMap((name) => given.values.get(name) ?? [])
}

type Sources = { readonly texts: FlagTexts; readonly surroundings: Surroundings }

function valueOf(given: Given, flag: Flag, sources: Sources): GivenValue | undefined {
  return fromFlags(given, flag, sources) ?? fromEnvironment(given, flag, sources)
}

function fromFlags(given: Given, flag: Flag, sources: Sources): GivenValue | undefined {
  const [first, second] = spellingsOf(flag).flatMap((name) => {
    const texts = sources.texts.get(name)
    return texts === undefined ? [] : [{ texts, origin: 'flag' as const, spelling: `--${name}` }]
  })
  if (first === undefined) return undefined
  if (second !== undefined) {
    const message = `${first.spelling} stands together with ${second.spelling}; expected one of them`
    addFlagFault(given, message)
    return undefined
  }
  const isFile = first.spelling === `--${flag.name}_file`
  if (isFile) return secretOf(given, { ...first, paths: first.texts }, sources)
  return isSingle(given, flag, first) ? first : undefined
}

function isSingle(given: Given, flag: Flag, value: GivenValue): boolean {
  const isList = flag.value.kind === 'labels'
  if (value.texts.length > 1 && !isList) {
    addFlagFault(given, `${value.spelling} stands ${value.texts.length} times; expected once`)
    return false
  }
  if (flag.value.kind !== 'boolean' && value.texts.includes('')) {
    addFlagFault(given, `${value.spelling} has no value`, valueHint(value.spelling))
    return false
  }
  return true
}

function valueHint(spelling: string): string {
  return `A value that begins with a dash is written ${spelling}=-value.`
}

/** An empty variable counts as none: that is how compose files leave one out. */
function fromEnvironment(given: Given, flag: Flag, { surroundings }: Sources): GivenValue | undefined {
  if (flag.verbs !== undefined) return undefined
  const spelling = environmentName(flag.name)
  const text = surroundings.env[spelling] ?? ''
  const path = flag.isSecret === true ? (surroundings.env[`${spelling}_FILE`] ?? '') : ''
  if (text !== '' && path !== '') {
    addFlagFault(given, `${spelling} stands together with ${spelling}_FILE; expected one of them`)
    return undefined
  }
  if (path !== '') {
    const file = { spelling: `${spelling}_FILE`, paths: [path], origin: 'environment' as const }
    return secretOf(given, file, { texts: new Map(), surroundings })
  }
  if (text === '') return undefined
  const texts = flag.value.kind === 'labels' ? text.split(',') : [text]
  return { texts, origin: 'environment', spelling }
}

type SecretFile = { spelling: string; paths: readonly string[]; origin: GivenValue['origin'] }

/** The secret that a file holds, without the line break at its end. */
function secretOf(given: Given, file: SecretFile, { surroundings }: Sources): GivenValue | undefined {
  const [path, ...more] = file.paths
  if (path === undefined || path === '' || more.length > 0) {
    const problem = more.length > 0 ? `stands ${file.paths.length} times; expected once` : 'has no value'
    addFlagFault(given, `${file.spelling} ${problem}`)
    return undefined
  }
  const read = surroundings.readText(resolve(surroundings.cwd, path), maxSecretBytes)
  if (read.kind !== 'text') {
    addSecretFault(given, `${file.spelling} is ${quoted(path)}, which ${problemOf(read)}`, hintFor(read))
    return undefined
  }
  const secret = read.text.replace(/\r?\n$/, '')
  if (secret === '') addSecretFault(given, `${file.spelling} is ${quoted(path)}, which is empty`)
  else if (/\p{Cc}/u.test(secret)) {
    addSecretFault(
      given,
      `${file.spelling} is ${quoted(path)}, which holds a control character or several lines`,
    )
  } else return { texts: [secret], origin: file.origin, spelling: file.spelling }
  return undefined
}

type Unread = Exclude<ReturnType<Surroundings['readText']>, { kind: 'text' }>

/** Never the byte itself: it is a part of the secret. */
function problemOf(read: Unread): string {
  return read.kind === 'not_utf8' ? 'is no UTF-8 text' : read.problem
}

function hintFor(read: Unread): string | undefined {
  if (read.kind === 'not_utf8') return undefined
  return read.reason === 'too_large' ? `A secret has at most ${formatSize(maxSecretBytes)}.` : read.hint
}

function addSecretFault(given: Given, message: string, hint?: string): void {
  given.faults.push({ code: 'secret_unreadable', message, ...hintOf(hint) })
}

function warn(given: Given, message: string, hint?: string): void {
  given.warnings.push({ code: 'flag_invalid', message, ...hintOf(hint) })
}

function warnOfUnknownVariables(given: Given, { env }: Surroundings): void {
  const known = allVariables
  for (const name of Object.keys(env).toSorted()) {
    if (!name.startsWith('ROWTAIL_') || known.includes(name)) continue
    const hint = didYouMean(nearestName(name, known))
    warn(given, `The environment variable ${name} is none that rowtail knows.`, hint)
  }
}

function warnOfSecretsInArgv(given: Given): void {
  for (const [name, value] of given.values) {
    const isInArgv = value.origin === 'flag' && value.spelling === `--${name}`
    if (flagOf(name).isSecret !== true || !isInArgv) continue
    warn(
      given,
      `${value.spelling} stands on the command line, where other users could read it until rowtail hid it.`,
      `Use ${value.spelling}_file or ${environmentName(name)}.`,
    )
  }
}

/** True where a secret itself, not its file, stood on the command line. */
export function isSecretInArgv(given: Given): boolean {
  return [...given.values].some(
    ([name, value]) =>
      flagOf(name).isSecret === true && value.origin === 'flag' && value.spelling === `--${name}`,
  )
}
