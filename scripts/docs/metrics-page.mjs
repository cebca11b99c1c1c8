// docs/metrics.md: every family of /metrics, how Prometheus is pointed at it, and what is worth an alert.

import { families } from '../../src/web/metrics.ts'
import { code, codeList, generatedMark, table } from './markdown.mjs'

const alerts = [
  [
    code('time() - rowtail_last_success_timestamp_seconds > 3 * rowtail_metric_interval_seconds + 15'),
    'a metric is silent',
  ],
  [`${code('rowtail_sink_up == 0')} for 5m`, 'Loki is lost'],
  [code('rowtail_spool_oldest_age_seconds > 300'), 'rows do not get through'],
  [
    code('rowtail_spool_bytes / on(instance) group_left() rowtail_spool_limit_bytes{scope="metric"} > 0.8'),
    'a spool fills up',
  ],
  [code('increase(rowtail_dropped_rows_total[10m]) > 0'), 'rows were dropped'],
  [code('rowtail_dead_letters_kept > 0'), 'Loki refused rows for good'],
  [code('rowtail_spool_writable == 0'), 'rows cannot be spooled'],
  [code('rowtail_login_accepted == 0'), 'the database refuses the login'],
]

export function metricsPage() {
  return `# Metrics for Prometheus

${generatedMark}

\`/metrics\` at the address of \`--listen\` answers in Prometheus' text format, from the same events as the
log and the [status](status.md). It tells how rowtail is; the rows themselves are in Loki.

\`\`\`yaml
scrape_configs:
  - job_name: rowtail
    static_configs:
      - targets: ['127.0.0.1:9464']
    # where --listen_password is set:
    # authorization: { credentials_file: /etc/prometheus/rowtail-password }
\`\`\`

${table(
  ['name', 'type', 'labels', 'is'],
  families.map(({ name, type, labels, help }) => [code(name), type, codeList(labels), help]),
)}

A label \`metric\` has the names of \`monitor_input.json\`, and of former metrics while their spools drain.
The other labels have the few values that their help names. Counters begin at 0 with the process.

## Worth an alert

${table(['expression', 'says'], alerts)}

Loki can watch the same by itself: [alerts.md](alerts.md).
`
}
