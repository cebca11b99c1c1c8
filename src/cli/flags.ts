// Every flag of rowtail, once: yargs, the environment, validation, --help and docs/flags.md all read this
// table. A value is text until cli/settings reads it; a default is written as an operator would write it.

import { logFormats, logLevels } from '../config/settings.ts'
import { refusalReasons } from '../core/sink.ts'

export type FlagValue =
  | { readonly kind: 'text' | 'path' | 'url' | 'address' | 'labels' | 'boolean' | 'port' | 'when' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'duration'; readonly maxMs: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'size'; readonly minBytes: number; readonly maxBytes: number; readonly canBeOff?: true }

export const flagGroups = [
  'SQreamDB',
  'Any database',
  'Loki',
  'Metrics and state',
  'Log and status',
  'Start',
  'Bounds',
  'Single commands',
] as const
export type FlagGroup = (typeof flagGroups)[number]

/** What `rowtail spool` can do, and the other commands that have flags of their own. */
export type Verb = 'ls' | 'verify' | 'replay' | 'export' | 'check' | 'dashboards'

export type Flag = {
  readonly name: string
  readonly alias?: string
  readonly group: FlagGroup
  readonly value: FlagValue
  /** What counts where neither flag nor environment says anything. */
  readonly default?: string
  /** What the help says of a default that depends on something. */
  readonly defaultText?: string
  readonly description: string
  /** Those that alone take it, and on the command line alone. */
  readonly verbs?: readonly Verb[]
  /** Also read from a file, `--<name>_file`, and never shown. */
  readonly isSecret?: true
}

const kib = 1_024
const mib = 1_024 * kib
const gib = 1_024 * mib
const tib = 1_024 * gib

export const flags = [
  {
    name: 'host',
    group: 'SQreamDB',
    value: { kind: 'text' },
    default: 'localhost',
    description: 'machine of the worker or server picker',
  },
  {
    name: 'port',
    group: 'SQreamDB',
    value: { kind: 'port' },
    default: '5000',
    description: 'port of the worker, or of the server picker (3108) with --clustered',
  },
  {
    name: 'database',
    group: 'SQreamDB',
    value: { kind: 'text' },
    default: 'master',
    description: 'database',
  },
  {
    name: 'user',
    alias: 'username',
    group: 'SQreamDB',
    value: { kind: 'text' },
    default: 'sqream',
    description: 'role that logs in',
  },
  {
    name: 'password',
    group: 'SQreamDB',
    value: { kind: 'text' },
    default: 'sqream',
    description: 'its password',
    isSecret: true,
  },
  {
    name: 'service',
    group: 'SQreamDB',
    value: { kind: 'text' },
    default: 'monitor',
    description: 'service of a worker that has no GPU',
  },
  {
    name: 'clustered',
    group: 'SQreamDB',
    value: { kind: 'boolean' },
    default: 'false',
    description: 'whether the port is that of a server picker',
  },
  {
    name: 'cpu_check',
    group: 'SQreamDB',
    value: { kind: 'choice', choices: ['auto', 'on', 'off'] },
    default: 'auto',
    description: 'check that the service has no GPU; auto: with SqreamODBCDriver',
  },
  {
    name: 'driver',
    group: 'Any database',
    value: { kind: 'text' },
    default: 'SqreamODBCDriver',
    description: 'name of an installed ODBC driver, or sqlite: built in, --database is the file',
  },
  {
    name: 'connection_string',
    group: 'Any database',
    value: { kind: 'text' },
    description: 'ODBC connection string, in place of --driver, --host and the like',
    isSecret: true,
  },
  {
    name: 'target_name',
    group: 'Any database',
    value: { kind: 'text' },
    defaultText: 'host_port_database',
    description: 'name of the state directory; label where a connection string tells no host',
  },
  {
    name: 'odbc_binding',
    group: 'Any database',
    value: { kind: 'choice', choices: ['direct', 'package'] },
    default: 'direct',
    description: "ODBC's own interface, or the npm package odbc",
  },
  {
    name: 'loki_host',
    group: 'Loki',
    value: { kind: 'text' },
    default: 'localhost',
    description: 'machine of Loki',
  },
  {
    name: 'loki_port',
    group: 'Loki',
    value: { kind: 'port' },
    default: '3100',
    description: 'its HTTP port',
  },
  {
    name: 'loki_url',
    group: 'Loki',
    value: { kind: 'url' },
    description: 'http or https address in place of host and port; with or without /loki/api/v1/push',
  },
  { name: 'loki_tenant', group: 'Loki', value: { kind: 'text' }, description: 'tenant (X-Scope-OrgID)' },
  { name: 'loki_user', group: 'Loki', value: { kind: 'text' }, description: 'user of basic authentication' },
  {
    name: 'loki_password',
    group: 'Loki',
    value: { kind: 'text' },
    description: 'password of basic authentication',
    isSecret: true,
  },
  {
    name: 'loki_token',
    group: 'Loki',
    value: { kind: 'text' },
    description: 'bearer token, in place of user and password',
    isSecret: true,
  },
  { name: 'loki_ca', group: 'Loki', value: { kind: 'path' }, description: 'PEM file: whom to trust' },
  { name: 'loki_cert', group: 'Loki', value: { kind: 'path' }, description: 'PEM file: client certificate' },
  { name: 'loki_key', group: 'Loki', value: { kind: 'path' }, description: 'PEM file: its key' },
  {
    name: 'loki_stream_rate',
    group: 'Loki',
    value: { kind: 'size', minBytes: 64 * kib, maxBytes: gib, canBeOff: true },
    default: '1MB',
    description: 'bytes a second of one stream; off where Loki does not shard streams',
  },
  {
    name: 'loki_metadata',
    group: 'Loki',
    value: { kind: 'choice', choices: ['on', 'off'] },
    default: 'on',
    description: 'structured metadata; off for a Loki without',
  },
  {
    name: 'label',
    group: 'Loki',
    value: { kind: 'labels' },
    description: 'name=value, a label of every stream; repeatable',
  },
  {
    name: 'metrics_json_path',
    group: 'Metrics and state',
    value: { kind: 'path' },
    defaultText: 'monitor_input.json',
    description: "what is asked and how often; else the file in the working directory, else rowtail's own",
  },
  {
    name: 'state_dir',
    group: 'Metrics and state',
    value: { kind: 'path' },
    defaultText: '~/.local/state/rowtail/<target_name>',
    description: 'where unsent rows wait; $STATE_DIRECTORY and $XDG_STATE_HOME are followed',
  },
  {
    name: 'listen',
    group: 'Log and status',
    value: { kind: 'address' },
    default: '127.0.0.1:9464',
    description: 'address of the status page, /metrics, /healthz, /readyz and /api/status, or off',
  },
  {
    name: 'listen_password',
    group: 'Log and status',
    value: { kind: 'text' },
    isSecret: true,
    description: 'what readers of the status have to know; browsers ask for it, scripts send it as a token',
  },
  {
    name: 'log_file_path',
    group: 'Log and status',
    value: { kind: 'path' },
    description: 'also log into this file, rotated at 10 MB, 10 files',
  },
  {
    name: 'log_level',
    group: 'Log and status',
    value: { kind: 'choice', choices: logLevels },
    default: 'info',
    description: 'the least that is logged',
  },
  {
    name: 'log_format',
    group: 'Log and status',
    value: { kind: 'choice', choices: logFormats },
    default: 'auto',
    description: 'auto: pretty on a terminal, JSON elsewhere',
  },
  {
    name: 'log_to_loki',
    group: 'Log and status',
    value: { kind: 'boolean' },
    default: 'false',
    description: "send rowtail's own log to Loki as well",
  },
  {
    name: 'startup_wait',
    group: 'Start',
    value: { kind: 'duration', maxMs: 86_400_000 },
    default: '30s',
    description: 'how long an unreachable server is tried again',
  },
  {
    name: 'strict_start',
    group: 'Start',
    value: { kind: 'boolean' },
    default: 'false',
    description: 'never start without database and Loki, also where both were reached before',
  },
  {
    name: 'spool_metric',
    group: 'Bounds',
    value: { kind: 'size', minBytes: mib, maxBytes: tib },
    default: '256MiB',
    description: 'unsent rows of one metric',
  },
  {
    name: 'spool_total',
    group: 'Bounds',
    value: { kind: 'size', minBytes: mib, maxBytes: 16 * tib },
    default: '2GiB',
    description: 'unsent rows of all metrics',
  },
  {
    name: 'disk_reserve',
    group: 'Bounds',
    value: { kind: 'size', minBytes: 0, maxBytes: 16 * tib },
    default: '512MiB',
    description: 'what stays free on the disk of the state directory',
  },
  {
    name: 'max_rows',
    group: 'Bounds',
    value: { kind: 'number', min: 1, max: 10_000_000 },
    default: '100000',
    description: 'rows of one run; the rest is cut, and flagged',
  },
  {
    name: 'max_bytes',
    group: 'Bounds',
    value: { kind: 'size', minBytes: kib, maxBytes: 4 * gib },
    default: '64MiB',
    description: 'bytes of one run, as JSON lines',
  },
  {
    name: 'json',
    group: 'Single commands',
    value: { kind: 'boolean' },
    default: 'false',
    description: 'check, ls, verify: JSON in place of text',
    verbs: ['check', 'ls', 'verify'],
  },
  {
    name: 'since',
    group: 'Single commands',
    value: { kind: 'when' },
    default: '1h',
    description: 'verify: what was delivered since then, a duration before now or a time (ISO 8601)',
    verbs: ['verify'],
  },
  {
    name: 'until',
    group: 'Single commands',
    value: { kind: 'when' },
    default: '0s',
    description: 'verify: and until then',
    verbs: ['verify'],
  },
  {
    name: 'reason',
    group: 'Single commands',
    value: { kind: 'choice', choices: refusalReasons },
    description: 'replay, export --dead: dead letters of this reason only',
    verbs: ['replay', 'export'],
  },
  {
    name: 'dry_run',
    group: 'Single commands',
    value: { kind: 'boolean' },
    default: 'false',
    description: 'replay: say what would be done, and change nothing',
    verbs: ['replay'],
  },
  {
    name: 'maybe_stored',
    group: 'Single commands',
    value: { kind: 'boolean' },
    default: 'false',
    description: 'replay: also what Loki may have already, and cannot tell; it may then be there twice',
    verbs: ['replay'],
  },
  {
    name: 'dead',
    group: 'Single commands',
    value: { kind: 'boolean' },
    default: 'false',
    description: 'export: dead letters, in place of waiting rows',
    verbs: ['export'],
  },
  {
    name: 'file',
    group: 'Single commands',
    value: { kind: 'path' },
    description: 'export: a copy that was set aside, in place of the spools',
    verbs: ['export'],
  },
  {
    name: 'out',
    group: 'Single commands',
    value: { kind: 'path' },
    description: 'dashboards: the folder to write into',
    verbs: ['dashboards'],
  },
] as const satisfies readonly Flag[]

export type FlagName = (typeof flags)[number]['name']
