// Asks a Loki what it holds, exactly: labels, time in ns, line and structured metadata apart from each other.
// Tests compare this with what was sent.

export type LokiEntry = {
  readonly labels: Readonly<Record<string, string>>
  /** Nanoseconds since the epoch, as Loki writes them. */
  readonly atNs: string
  readonly line: string
  readonly metadata: Readonly<Record<string, string>>
  /** What a parser such as `| json` made of the line, where the query has one. */
  readonly parsed?: Readonly<Record<string, string>>
}

export type LokiRange = {
  /** Default: 24 hours ago. */
  readonly startNs?: bigint
  /** Exclusive; default: in one hour. */
  readonly endNs?: bigint
  /** Default and maximum of one query: 5,000 entries. */
  readonly limit?: number
}

const hourNs = 3_600_000_000_000n
const maxLimit = 5_000

/** The entries that a log query finds, oldest first; with `limit` the oldest of them. */
export async function queryLoki(baseUrl: string, logql: string, range: LokiRange = {}): Promise<LokiEntry[]> {
  const nowNs = BigInt(Date.now()) * 1_000_000n
  const parameters = new URLSearchParams({
    query: logql,
    start: String(range.startNs ?? nowNs - 24n * hourNs),
    end: String(range.endNs ?? nowNs + hourNs),
    limit: String(range.limit ?? maxLimit),
    direction: 'forward',
  })
  // Without this header structured metadata comes back among the labels.
  const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' }
  const response = await fetch(`${baseUrl}/loki/api/v1/query_range?${parameters.toString()}`, { headers })
  const body = await response.text()
  if (!response.ok) throw new Error(`Loki answered ${response.status} to ${logql}: ${body}`)
  // The shape of query_range for a log query; a metric query fails the check below.
  const { data } = JSON.parse(body) as QueryAnswer
  if (data.resultType !== 'streams') throw new Error(`${logql} is no log query: ${data.resultType}`)
  return data.result.flatMap(entriesOf).sort(byTime)
}

/** All entries of a log query, also beyond what one answer holds. */
export async function queryAllOfLoki(
  baseUrl: string,
  logql: string,
  range: LokiRange = {},
): Promise<LokiEntry[]> {
  const all = new Map<string, LokiEntry>()
  let startNs = range.startNs
  for (;;) {
    const page = await queryLoki(baseUrl, logql, { ...range, ...(startNs !== undefined && { startNs }) })
    const before = all.size
    // The page after starts with the last time of this one, whose entries may have been cut off by the limit.
    for (const entry of page) all.set(JSON.stringify(entry), entry)
    const last = page.at(-1)
    if (page.length < maxLimit || last === undefined) return [...all.values()]
    if (all.size === before) throw new Error(`more than ${maxLimit} entries at ${last.atNs}: cannot page on`)
    startNs = BigInt(last.atNs)
  }
}

type QueryAnswer = { data: { resultType: string; result: StreamAnswer[] } }
type Categories = { structuredMetadata?: Record<string, string>; parsed?: Record<string, string> }
type StreamAnswer = {
  stream: Record<string, string>
  values: [atNs: string, line: string, categories?: Categories][]
}

function entriesOf(stream: StreamAnswer): LokiEntry[] {
  return stream.values.map(([atNs, line, categories]) => ({
    labels: stream.stream,
    atNs,
    line,
    metadata: categories?.structuredMetadata ?? {},
    ...(categories?.parsed === undefined ? {} : { parsed: categories.parsed }),
  }))
}

function byTime(a: LokiEntry, b: LokiEntry): number {
  const difference = BigInt(a.atNs) - BigInt(b.atNs)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
