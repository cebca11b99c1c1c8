// The dashboard for every database: is everything alive, what is behind, what fails and why. It reads the run
// lines, {job="rowtail"}; its last section reads rowtail's own log, which Loki has with --log_to_loki.

import { dashboard, labelVariable } from './dashboard.ts'
import type { Dashboard } from './grafana.ts'
import { type Levels, logs, stat, table, timeline, timeSeries } from './panels.ts'
import type { Scope } from './scope.ts'

const target = 'host=~"$host", database=~"$database"'
const runs = `{job="rowtail", ${target}, metric=~"$metric"}`
const succeeded = `${runs} | detected_level="info"`
const durations = `${succeeded} | json | unwrap duration_seconds`
const failed = `${runs} | detected_level="error"`
/** Lines about the service as a whole name no metric: the `|` takes them too. */
const ownLog = `{job="rowtail_log", ${target}} | json | metric=~"$metric|"`

const ageSeconds = `label_format age=\`{{ sub (now | unixEpoch | int) (__timestamp__ | unixEpoch | int) }}\``
const isFailed = `label_format failed=\`{{ if eq .status "failed" }}1{{ else }}0{{ end }}\``
const byMetric = 'by (host, database, metric)'
const behind: Levels = [
  [0, 'green'],
  [60, 'orange'],
  [300, 'red'],
]
const badFromOne: Levels = [
  [0, 'green'],
  [1, 'red'],
]

export function overview(scope?: Scope): Dashboard {
  return dashboard({
    uid: 'rowtail-overview',
    title: 'rowtail: overview',
    description: 'Is every metric alive, what is behind, what fails and why.',
    variables: [labelVariable('metric', 'Metric', '{job="rowtail", host=~"$host", database=~"$database"}')],
    sections: [
      { title: 'Is everything alive?', panels: alive() },
      { title: 'Runs', panels: runsOverTime() },
      { title: 'What fails', panels: failures() },
      { title: 'Delivery to Loki (needs --log_to_loki)', panels: delivery() },
    ],
    scope,
  })
}

function alive() {
  return [
    stat({
      title: 'Last sign of life',
      description:
        'Time since the newest run line, of a good run or a failed one. When it grows, rowtail is down, or ' +
        'what it sends does not arrive.',
      width: 6,
      unit: 's',
      levels: behind,
      expr: `min(min_over_time(${runs} | ${ageSeconds} | unwrap age [$__range]))`,
    }),
    stat({
      title: 'Metrics that succeeded',
      description: 'Metrics with a good run in the last 5 minutes.',
      width: 6,
      unit: 'short',
      noValue: '0',
      expr: `count(count by (host, database, metric) (count_over_time(${succeeded} [5m])))`,
    }),
    stat({
      title: 'Metrics whose last run failed',
      description: 'How many, in the time shown. Their reasons stand below.',
      width: 6,
      unit: 'short',
      levels: badFromOne,
      expr: `sum(last_over_time(${runs} | json | ${isFailed} | unwrap failed [$__range]) ${byMetric})`,
    }),
    stat({
      title: 'Rows fetched',
      description: 'Rows of all good runs in the time shown.',
      width: 6,
      unit: 'short',
      expr: `sum(sum_over_time(${succeeded} | json | unwrap rows [$__range]))`,
    }),
    eachMetric(),
  ]
}

function eachMetric() {
  return table({
    title: 'Each metric',
    description:
      'What each metric did in the time shown. "Since success" is how far it is behind: some intervals are ' +
      'usual, more are a metric that fails, hangs or is not delivered.',
    width: 24,
    height: 9,
    labels: { metric: 'Metric', host: 'Host', database: 'Database' },
    columns: [
      {
        name: 'Since success',
        unit: 's',
        levels: behind,
        expr: `min ${byMetric} (min_over_time(${succeeded} | ${ageSeconds} | unwrap age [$__range]))`,
      },
      {
        name: 'Good runs',
        unit: 'short',
        expr: `sum ${byMetric} (count_over_time(${succeeded} [$__range]))`,
      },
      {
        name: 'Failed runs',
        unit: 'short',
        levels: badFromOne,
        expr: `sum ${byMetric} (count_over_time(${failed} [$__range]))`,
      },
      {
        name: 'Rows',
        unit: 'short',
        expr: `sum ${byMetric} (sum_over_time(${succeeded} | json | unwrap rows [$__range]))`,
      },
      {
        name: 'Duration, 95 %',
        unit: 's',
        expr: `quantile_over_time(0.95, ${durations} [$__range]) ${byMetric}`,
      },
    ],
    sortBy: { displayName: 'Since success', desc: true },
  })
}

function runsOverTime() {
  return [
    timeSeries({
      title: 'Runs by status',
      description: 'How many runs ended well and how many failed.',
      width: 12,
      isStacked: true,
      reading: { unit: 'short', min: 0 },
      series: [{ expr: `sum by (status) (count_over_time(${runs} | json [$__auto]))`, legend: '{{status}}' }],
    }),
    timeline({
      title: 'Failures',
      description: 'When a run of a metric failed.',
      width: 12,
      expr: `max by (metric) (max_over_time(${runs} | json | ${isFailed} | unwrap failed [$__auto]))`,
      legend: '{{metric}}',
      states: { '0': { text: 'ok', color: 'green' }, '1': { text: 'failed', color: 'red' } },
    }),
    timeSeries({
      title: 'Longest run',
      description:
        'From the question to the last row. A run that takes longer than its interval skips ticks.',
      width: 12,
      reading: { unit: 's', min: 0 },
      series: [
        {
          expr: `max by (metric) (max_over_time(${runs} | json | unwrap duration_seconds [$__auto]))`,
          legend: '{{metric}}',
        },
      ],
    }),
    timeSeries({
      title: 'Rows a run',
      description: 'The mean number of rows of a good run.',
      width: 12,
      reading: { unit: 'short', min: 0 },
      series: [
        {
          expr: `avg by (metric) (avg_over_time(${succeeded} | json | unwrap rows [$__auto]))`,
          legend: '{{metric}}',
        },
      ],
    }),
  ]
}

function failures() {
  return [
    table({
      title: 'Failures by reason',
      description: 'Failed runs in the time shown. docs/errors.md says what to do about each code.',
      width: 8,
      labels: { metric: 'Metric', error_code: 'Code' },
      columns: [
        {
          name: 'Runs',
          unit: 'short',
          expr: `sum by (metric, error_code) (count_over_time(${failed} | json [$__range]))`,
        },
      ],
      sortBy: { displayName: 'Runs', desc: true },
    }),
    logs({
      title: 'What was said',
      description: 'Each failed run in the words of rowtail, the driver and the database.',
      width: 16,
      expr: `${failed} | json | line_format \`{{.metric}} · {{.error_code}} · {{.error}}\``,
    }),
  ]
}

function delivery() {
  const said = (event: string) => `${ownLog} | event="${event}"`
  const rowsOf = (event: string) =>
    `sum(sum_over_time(${said(event)} | level_extracted="warn" | unwrap rows [$__range])) or vector(0)`
  const lastOf = (field: string) =>
    `last_over_time(${said('spool.depth')} | unwrap ${field} [$__range]) ${byMetric}`
  return [
    stat({
      title: 'Fullest spool',
      description:
        'How much of its room the fullest spool took when rowtail last told: it tells at 50, 80 and 100 %, ' +
        'and when there is room again. A full spool drops its oldest rows.',
      width: 6,
      unit: 'percentunit',
      noValue: 'below 50 %',
      levels: [
        [0, 'green'],
        [0.5, 'orange'],
        [0.8, 'red'],
      ],
      expr: `max(${lastOf('bytes')} / ${lastOf('maxBytes')})`,
    }),
    stat({
      title: 'Rows dropped',
      description: 'Rows that were lost because there was no room for them. Each is counted.',
      width: 6,
      unit: 'short',
      levels: badFromOne,
      expr: rowsOf('rows.dropped'),
    }),
    stat({
      title: 'Dead letters',
      description: 'Rows that Loki refused for good; they are kept in their spool, with the reason.',
      width: 6,
      unit: 'short',
      levels: badFromOne,
      expr: rowsOf('dead_letters.added'),
    }),
    stat({
      title: 'Warnings and errors',
      description: "Lines of rowtail's own log at these levels in the time shown.",
      width: 6,
      unit: 'short',
      levels: [
        [0, 'green'],
        [1, 'orange'],
      ],
      expr: `sum(count_over_time(${ownLog} | level_extracted=~"warn|error" [$__range])) or vector(0)`,
    }),
    logs({
      title: 'What rowtail says',
      description: 'Its warnings and errors, newest first.',
      width: 24,
      expr: `${ownLog} | level_extracted=~"warn|error" | line_format \`{{.metric}} · {{.event}} · {{.msg}}\``,
    }),
  ]
}
