// Which rounds of a batch are run, and in which order: pure. A large round takes as long as ten others and
// must not be the last one to begin, with all lanes but its own idle.

/** How many places a large round is moved to the front. */
const ahead = 40

/** All rounds of a batch that are not done yet, in the order in which lanes take them. */
export function dealt(
  { first, last }: { readonly first: number; readonly last: number },
  { isDone, isLarge }: Record<'isDone' | 'isLarge', (round: number) => boolean>,
): number[] {
  const placeOf = (round: number): number => (isLarge(round) ? round - ahead : round)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((round) => !isDone(round))
    .sort((a, b) => placeOf(a) - placeOf(b))
}

/** `1..3, 7`: the numbers of rounds in a line of results. */
export function rangesOf(rounds: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const round of [...new Set(rounds)].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range !== undefined && round === range[1] + 1) range[1] = round
    else ranges.push([round, round])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}..${to}`)).join(', ')
}

/** The numbers that `rangesOf` wrote down. */
export function roundsOf(ranges: string): number[] {
  return ranges
    .split(', ')
    .filter(Boolean)
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('..').map(Number)
      return Array.from({ length: to - from + 1 }, (_, index) => from + index)
    })
}
