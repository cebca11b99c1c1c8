// How a flag of the table is found and spelled: on the command line, in the environment, as a file.

import { type Flag, type FlagName, flags } from './flags.ts'

const byName: ReadonlyMap<string, Flag & { readonly name: FlagName }> = new Map(
  flags.map((flag) => [flag.name, flag]),
)

/** The flag of this name; a FlagName always has one. */
export function flagOf(name: FlagName): Flag {
  const flag = byName.get(name)
  if (flag === undefined) throw new Error(`no flag is called ${name}`)
  return flag
}

/** `ROWTAIL_LOKI_HOST` of `loki_host`. */
export function environmentName(name: string): string {
  return `ROWTAIL_${name.toUpperCase()}`
}

/** Every spelling that a command line may hold, without dashes: names, aliases, and files of secrets. */
export function spellingsOf(flag: Flag): string[] {
  return [
    flag.name,
    ...(flag.alias === undefined ? [] : [flag.alias]),
    ...(flag.isSecret === true ? [`${flag.name}_file`] : []),
  ]
}

/** The variables that rowtail reads; what is for one command alone has none. */
export const allVariables: readonly string[] = flags
  .filter((flag: Flag) => flag.verbs === undefined)
  .flatMap((flag) => spellingsOf(flag).map(environmentName))

export const allSpellings: readonly string[] = flags.flatMap(spellingsOf)
