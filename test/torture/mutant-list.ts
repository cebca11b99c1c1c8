// Broken rowtails, as edits of the built program: each breaks one thing that the promise stands on, and
// must be caught by the harness in its scenario. Two streams in one push are not among them: a push body
// has room for one stream's labels only, so that this fault cannot be written in a line.

import type { Finding } from './ledger.ts'
import type { ScenarioName } from './scenarios.ts'

export type Edit = { readonly file: string; readonly from: string; readonly to: string }

export type Mutant = {
  readonly name: string
  readonly scenario: ScenarioName
  /** What the ledger has to find, one of these. */
  readonly caughtAs: readonly Finding['kind'][]
  readonly edits: readonly Edit[]
}

const deliveryLoop = 'worker/delivery-loop.js'
const refusedEntries = 'worker/refused-entries.js'

export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledges before delivery',
    scenario: 'killed while away',
    caughtAs: ['lost', 'commits', 'torn run'],
    edits: [
      {
        file: deliveryLoop,
        from: 'const part = this.#nextPart(delivery);',
        to: `delivery.body ??= spool.read(range);
          const part = this.#nextPart(delivery);
          if (!delivery.gone) spool.settle(range, { dead: [], restamped: [] });
          delivery.gone = true;`,
      },
      {
        file: deliveryLoop,
        from: 'const entries = this.#options.spool.read(range);',
        to: 'const entries = delivery.body.slice();',
      },
      {
        file: deliveryLoop,
        from: 'const body = this.#options.spool.read(range);',
        to: 'const body = this.#deliveries.get(range.stream).body;',
      },
      {
        file: deliveryLoop,
        from: 'const { droppedDeadLetters } = spool.settle(range, ending.settlement);',
        to: 'const droppedDeadLetters = 0;',
      },
    ],
  },
  {
    name: 'gives entries a new time when it sends them again',
    scenario: 'unanswered',
    caughtAs: ['twice'],
    edits: [
      {
        file: deliveryLoop,
        from: 'this.#options = options;',
        to: 'this.#options = options; globalThis.mutantCodec = options.codec;',
      },
      {
        file: refusedEntries,
        from: 'const parts = piece.map((index) => entryAt(range, index));',
        to: `const parts = piece.map((index) => globalThis.mutantCodec.restamp(
          entryAt(range, index), range.entries[index].atNs + 1000n, []));`,
      },
    ],
  },
  {
    name: 'gives entries a new time after a restart of the worker',
    scenario: 'worker crash',
    caughtAs: ['twice', 'lost'],
    edits: [
      {
        file: deliveryLoop,
        from: 'const entries = this.#options.spool.read(range);',
        to: `let entries = this.#options.spool.read(range);
          if (range.lastNs <= (this.#pushedBeforeNs.get(range.stream) ?? 0n)) {
            const { codec } = this.#options;
            entries = new Uint8Array(Buffer.concat(codec.entriesOf(entries).map(({ atNs, start, end }) =>
              codec.restamp(entries.subarray(start, end), atNs + 1000n, []))));
          }`,
      },
    ],
  },
  {
    name: 'gives refused entries that may be stored a new time',
    scenario: 'stored, then refused',
    caughtAs: ['twice'],
    edits: [
      {
        file: 'worker/maybe-stored.js',
        from: 'return refused.filter(({ isMaybeStored }) => isMaybeStored).map(({ index }) => index);',
        to: 'return [];',
      },
      { file: 'worker/settling.js', from: "if (isMaybeStored)\n        return 'dead_letter';", to: '' },
    ],
  },
  success('takes 260 for success', 'blocked', 'answer.status >= 200 && answer.status < 300'),
  success('takes a redirect for success', 'redirect', 'answer.status === 204 || answer.status === 302'),
  success('takes a login page for success', 'login page', 'answer.status === 200 || answer.status === 204'),
  {
    name: 'takes a lost answer for success',
    scenario: 'killed while away',
    caughtAs: ['lost', 'commits', 'torn run'],
    edits: [
      {
        file: 'sinks/loki/outcome.js',
        from: 'return noAnswerOutcome(answer);',
        to: "return { kind: 'delivered' };",
      },
    ],
  },
  {
    name: 'sends pushes that Loki shards',
    scenario: 'heavy, unanswered',
    caughtAs: ['twice'],
    edits: [
      { file: 'spool/types.js', from: 'maxChunkBytes = 192 * 1024', to: 'maxChunkBytes = 3 * 1024 * 1024' },
      { file: 'shipper/pace.js', from: 'const creditMs =', to: 'return; const creditMs =' },
      { file: 'shipper/stream-queue.js', from: 'heavyBytes = 1_200_000', to: 'heavyBytes = Infinity' },
    ],
  },
  {
    name: 'does not wait until Loki has forgotten its replay',
    scenario: 'heavy, Loki killed',
    caughtAs: ['twice'],
    edits: [{ file: 'shipper/stream-queue.js', from: 'heavyBytes = 1_200_000', to: 'heavyBytes = Infinity' }],
  },
  {
    name: 'sends the newest rows first after an outage',
    scenario: 'backlog of hours',
    caughtAs: ['restamped', 'dead letter'],
    edits: [
      {
        file: 'spool/statements.js',
        from: 'last_ns as lastNs from chunks where stream = ? order by id`',
        to: 'last_ns as lastNs from chunks where stream = ? order by id desc`',
      },
    ],
  },
  {
    name: 'does not sync its spool',
    scenario: 'power cut',
    caughtAs: ['lost', 'service', 'twice', 'commits', 'torn run'],
    edits: [{ file: 'spool/schema.js', from: 'pragma synchronous = full', to: 'pragma synchronous = off' }],
  },
  {
    name: 'shows a run before its end',
    scenario: 'torn runs',
    caughtAs: ['torn run', 'lost'],
    edits: [{ file: 'spool/spool.js', from: 'const run = isStaged ? 1 : 0;', to: 'const run = 0;' }],
  },
  {
    name: 'forgets what Loki refused',
    scenario: 'refused',
    caughtAs: ['lost'],
    edits: [
      {
        file: refusedEntries,
        from: 'dead.push({ entry, reason: refusal.reason, said, atMs });',
        to: ';',
      },
    ],
  },
]

function success(name: string, scenario: ScenarioName, condition: string): Mutant {
  const from = "return answer.status === 204 || (answer.status === 200 && answer.body.trim() === '');"
  const edits = [{ file: 'sinks/loki/answer.js', from, to: `return ${condition};` }]
  return { name, scenario, caughtAs: ['lost', 'commits', 'torn run'], edits }
}

/** Throws unless the edit fits in exactly one place: what it breaks has changed, and it has to follow. */
export function edited(text: string, { file, from, to }: Edit): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places in ${file} read ${from}`)
  return parts.join(to)
}
