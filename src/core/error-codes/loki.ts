// Errors of Loki and of the way there. docs/errors.md is written from these accounts.

import type { ErrorAccount } from './account.ts'

export const lokiErrors = {
  loki_unreachable: {
    means: 'No answer from Loki.',
    cause: 'It is down, a wrong address, a firewall, a proxy, a certificate that is not trusted.',
    cure: 'Check `--loki_host` and `--loki_port`, or `--loki_url`, `--loki_ca`, and `HTTPS_PROXY`.',
    endsStart: true,
  },
  loki_not_ready: {
    means: 'Loki answers and says that it is not ready.',
    cause: 'It starts, or replays its log.',
    cure: 'Wait; its own log says what for.',
    endsStart: true,
  },
  loki_login_refused: {
    means: 'Loki, or the proxy before it, answered 401 or 403.',
    cause: 'A wrong user, password or token; a missing tenant.',
    cure: '`--loki_user` with `--loki_password_file`, or `--loki_token_file`; `--loki_tenant`.',
    endsStart: true,
  },
  loki_blocked: {
    means:
      'Nothing will pass until somebody mends something: a redirect, a page of HTML, 404, or a stream ' +
      'that is refused whole.',
    cause:
      'A wrong path; a login page in between; structured metadata switched off; ingestion blocked for ' +
      'the tenant.',
    cure:
      'The answer is quoted. A base address or the full push address in `--loki_url`; `--loki_metadata ' +
      'off` for a Loki without structured metadata.',
    endsStart: true,
  },
  loki_rate_limited: {
    means: 'Loki answered 429.',
    cause: 'A rate limit of the tenant or of a stream.',
    cure:
      'None if it passes: rowtail slows down. Else raise `ingestion_rate_mb` or ' +
      '`per_stream_rate_limit`, or lower `--loki_stream_rate`.',
  },
  loki_server_error: {
    means: 'Loki answered with a status of 500 and above.',
    cause: 'It is overloaded, stops, or its disk is full.',
    cure: "None if it passes; else Loki's own log.",
  },
  loki_too_large: {
    means: 'A push, or one entry alone, is larger than Loki or a proxy takes.',
    cause: '`client_max_body_size` of a proxy, or a smaller limit of Loki.',
    cure: 'Raise the limit. A push is halved first; only an entry that is too large alone is a dead letter.',
  },
  loki_refused_entries: {
    means: 'Loki refused entries for good.',
    cause: 'Its limits are lower than the default ones: line length, labels, metadata.',
    cure: 'The reason is quoted and the entries are kept as dead letters.',
  },
  loki_too_old: {
    means: 'Entries waited longer than Loki takes old ones.',
    cause: 'An outage beyond `reject_old_samples_max_age`.',
    cure: 'Raise it before the next long outage; the entries are kept as dead letters.',
  },
} as const satisfies Readonly<Record<string, ErrorAccount>>
