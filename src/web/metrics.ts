// What /metrics answers: the status as it is when Prometheus asks, and the histograms and pushes that only
// events tell. It applies every event. Its size depends on the number of metrics alone.

// Only the parts of prom-client that are needed: the whole brings gateways and clusters, 7 MB.
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'
import type { EventOf, EventType, RowtailEvent } from '../core/events.ts'
import type { StatusSnapshot } from '../core/status.ts'
import { type Family, type SnapshotFamily, snapshotFamilies } from './metric-families.ts'

export interface Metrics {
  readonly contentType: string
  readonly apply: (event: RowtailEvent) => void
  /** The exposition in Prometheus' text format. */
  text(snapshot: StatusSnapshot): Promise<string>
}

/** Runs are from a millisecond to the longest deadline that is usual; pushes end after 10 s. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const runDuration = {
  name: 'rowtail_run_duration_seconds',
  type: 'histogram',
  help: 'How long runs took, from the tick to the rows in the spool, by status: ok or failed.',
  labels: ['metric', 'status'],
} as const satisfies Family

const runRows = {
  name: 'rowtail_rows_total',
  type: 'counter',
  help: 'Rows that the runs yielded which succeeded.',
  labels: ['metric'],
} as const satisfies Family

const tickLateness = {
  name: 'rowtail_tick_lateness_seconds',
  type: 'histogram',
  help: 'How late runs began: what other metrics and a busy machine cost.',
  labels: [],
} as const satisfies Family

const pushes = {
  name: 'rowtail_pushes_total',
  type: 'counter',
  help: 'Pushes to Loki by what came of them: delivered, retry, split, refused, blocked or other.',
  labels: ['metric', 'outcome'],
} as const satisfies Family

const pushDuration = {
  name: 'rowtail_push_duration_seconds',
  type: 'histogram',
  help: 'How long pushes took that Loki took.',
  labels: [],
} as const satisfies Family

/** Every family, as the documentation lists them. */
export const families: readonly Family[] = [
  ...snapshotFamilies,
  runRows,
  runDuration,
  tickLateness,
  pushes,
  pushDuration,
]

const pushOutcomes: ReadonlySet<string> = new Set(['retry', 'split', 'refused', 'blocked'])
/** As many as the status remembers. */
const maxMetrics = 1_000

export function createMetrics(): Metrics {
  const registry = new Registry()
  const ofStatus = snapshotFamilies.map((family) => statusMetric(registry, family))
  const apply = eventMetrics(registry)
  return {
    contentType: registry.contentType,
    apply,
    text(snapshot) {
      for (const set of ofStatus) set(snapshot)
      return registry.metrics()
    },
  }
}

/** Sets a family to what the snapshot says; a metric that is gone leaves none of its series behind. */
function statusMetric(registry: Registry, family: SnapshotFamily): (snapshot: StatusSnapshot) => void {
  const { name, help, labels, type, samples } = family
  const options = { name, help, labelNames: [...labels], registers: [registry] }
  const metric = type === 'gauge' ? new Gauge(options) : new Counter(options)
  return (snapshot) => {
    const told = samples(snapshot)
    metric.reset()
    if (labels.length === 0 && told.length === 0) metric.remove()
    for (const [value, labelsOf = {}] of told) metric.inc(labelsOf, value)
  }
}

type Ears = { readonly [K in EventType]?: (event: EventOf<K>) => void }

function eventMetrics(registry: Registry): (event: RowtailEvent) => void {
  const histogramOf = ({ name, help, labels }: Family) =>
    new Histogram({ name, help, labelNames: [...labels], buckets: durationBuckets, registers: [registry] })
  const counterOf = ({ name, help, labels }: Family) =>
    new Counter({ name, help, labelNames: [...labels], registers: [registry] })
  const rows = counterOf(runRows)
  const pushed = counterOf(pushes)
  const runSeconds = histogramOf(runDuration)
  const pushSeconds = histogramOf(pushDuration)
  const lateSeconds = histogramOf(tickLateness)
  const known = new Set<string>()

  function isWithinBound(metric: string): boolean {
    if (known.size < maxMetrics) known.add(metric)
    return known.has(metric)
  }

  const told: Ears = {
    'run.started': ({ latenessMs }) => lateSeconds.observe(latenessMs / 1_000),
    'run.finished': (event) => {
      rows.inc({ metric: event.metric }, event.rows)
      runSeconds.observe({ metric: event.metric, status: 'ok' }, event.durationMs / 1_000)
    },
    'run.failed': ({ metric, durationMs }) =>
      runSeconds.observe({ metric, status: 'failed' }, durationMs / 1_000),
    'push.delivered': ({ metric, durationMs }) => {
      pushed.inc({ metric, outcome: 'delivered' })
      pushSeconds.observe(durationMs / 1_000)
    },
    'push.failed': ({ metric, outcome }) =>
      pushed.inc({ metric, outcome: pushOutcomes.has(outcome) ? outcome : 'other' }),
  }
  return (event) => {
    if (!('metric' in event) || !isWithinBound(event.metric)) return
    // The key chose the event's own; of the others the status tells.
    const hear = told[event.type] as ((event: RowtailEvent) => void) | undefined
    hear?.(event)
  }
}
