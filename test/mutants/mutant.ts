// A broken rowtail: one text of its sources in place of another, and the test that has to fail then.
// `npm run mutants -- --unit` and `-- --loki` break a copy of the sources in each of these ways.

export type Mutant = {
  /** What no longer holds, as a sentence about rowtail. */
  readonly breaks: string
  /** The rule of docs/specs that it breaks: a test that names it has to fail. Without one: any test. */
  readonly rule?: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The test file that has to fail. */
  readonly test: string
}

type Break = Pick<Mutant, 'breaks' | 'rule' | 'from' | 'to'>

/** Mutants of one source file that one test file has to catch. */
export function mutantsOf(file: string, test: string, breaks: readonly Break[]): Mutant[] {
  return breaks.map((one) => ({ ...one, file: `src/${file}`, test: `test/${test}` }))
}

/** Throws unless the text stands in exactly one place: what it breaks has changed, and it has to follow. */
export function mutated(source: string, { file, from, to }: Pick<Mutant, 'file' | 'from' | 'to'>): string {
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places in ${file} read ${from}`)
  return parts.join(to)
}
