// Everything that a Loki has of a stream, as a multiset: an entry that a query shows twice is here twice.
// Pages stay small enough for Loki's default message sizes.

import { type LokiEntry, queryLoki } from '../support/servers/loki-client.ts'

const maxPageBytes = 1_500_000
const maxPageEntries = 5_000

/** `lineBytes` is the longest line that is expected, metadata included. */
export async function entriesInLoki(
  baseUrl: string,
  logql: string,
  { startNs, lineBytes }: { readonly startNs: bigint; readonly lineBytes: number },
): Promise<LokiEntry[]> {
  const limit = Math.max(10, Math.min(maxPageEntries, Math.floor(maxPageBytes / (lineBytes + 200))))
  const all: LokiEntry[] = []
  let fromNs = startNs
  for (;;) {
    const page = await queryLoki(baseUrl, logql, { startNs: fromNs, limit })
    const last = page.at(-1)
    if (page.length < limit || last === undefined) return [...all, ...page]
    // Entries of the last time may have been cut off by the limit: the next page brings all of that time.
    const whole = page.filter(({ atNs }) => atNs !== last.atNs)
    if (whole.length === 0) throw new Error(`more than ${limit} entries at ${last.atNs}: cannot page on`)
    all.push(...whole)
    fromNs = BigInt(last.atNs)
  }
}
