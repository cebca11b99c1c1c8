// What a SQream monitor is asked, as data: each utility function with its columns, their types and a made-up
// value for row i, and how many rows a busy cluster has. Deterministic, so that a test can compare two
// answers. Names of columns and usual row counts follow SQream's documentation and what its users see; the
// last three functions are no default metrics and have only some of theirs.

type UtilityColumn = readonly [name: string, type: string, valueOfRow: string]

export type UtilityFunction = {
  readonly rows: number
  /** True where an idle cluster answers with no rows. */
  readonly isEmptyWhenIdle: boolean
  readonly columns: readonly UtilityColumn[]
}

const serverIp: UtilityColumn = ['server ip', 'text', "'10.0.0.' || 11 + i % 9"]
const serverPort: UtilityColumn = ['server port', 'integer', '5000 + i % 3']
const startedAt = (seconds: number) =>
  `timestamp '2026-01-02 03:04:05.678' - i * interval '${seconds} seconds'`
const oneOf = (...values: string[]) =>
  `(array[${values.map((value) => `'${value}'`).join(',')}])[1 + i % ${values.length}]`

/**
 * Statements as people write them: quotes, line breaks, other scripts, emoji, backslashes; one in forty has 8
 * kB.
 */
const statementOfRow = `case when i % 40 = 7
  then 'insert into wide select ' || repeat('column_with_a_long_name, ', 340) || i
  else (array[
    'select count(*) from orders',
    'select "Full Name", ''it''''s'' from "Kunden" where note like ''%"quoted"%''',
    E'select a,\\n\\tb -- a comment\\r\\nfrom t\\nwhere c = 1',
    'select ''🚀 done ✓ 完了 – żółć'' from émoji',
    E'copy t from ''C:\\\\data\\\\in.csv'' with delimiter ''\\x01'''
  ])[1 + i % 5] end`

export const utilityFunctions = {
  show_server_status: {
    rows: 51,
    isEmptyWhenIdle: true,
    columns: [
      ['service', 'text', "case i when 1 then 'monitor' else 'sqream' end"],
      ['instance id', 'text', "'sqream_' || i % 9"],
      ['connection id', 'integer', '100 + i'],
      serverIp,
      serverPort,
      ['database name', 'text', "'master'"],
      ['user name', 'text', oneOf('sqream', 'etl', "O''Neil")],
      ['client ip', 'text', "'10.0.1.' || i % 250"],
      ['statement id', 'integer', '9000 + i'],
      ['statement', 'text', `case i when 1 then 'select show_server_status()' else ${statementOfRow} end`],
      ['statement start time', 'timestamp', startedAt(7)],
      ['statement status', 'text', oneOf('Executing', 'Preparing', 'In queue', 'Initializing', 'Stopping')],
      ['statement status start', 'timestamp', startedAt(3)],
    ],
  },
  show_locks: {
    rows: 1_250,
    isEmptyWhenIdle: true,
    columns: [
      ['stmt id', 'integer', '9000 + i / 25'], // a statement locks all that it touches
      ['stmt string', 'text', statementOfRow],
      ['username', 'text', oneOf('sqream', 'etl')],
      ['server', 'text', "'10.0.0.' || 11 + i % 9"],
      ['port', 'integer', '5000 + i % 3'],
      ['locked object', 'text', "'database$t$public$orders_' || i"],
      ['lock mode', 'text', oneOf('Inclusive', 'Exclusive')],
      ['statement start time', 'timestamp', startedAt(5)],
      ['lock start time', 'timestamp', startedAt(4)],
      ['is_statement_active', 'boolean', 'i % 4 > 0'],
      ['is_snapshot_active', 'boolean', 'i % 5 > 0'],
    ],
  },
  get_leveldb_stats: {
    rows: 22,
    isEmptyWhenIdle: false,
    columns: [
      ['timestamp', 'timestamp', startedAt(5)],
      serverIp,
      serverPort,
      ['msg', 'text', "'leveldb::' || (array['Get','Put','Delete','Write'])[1 + i % 4] || ' #' || i"],
      ['count', 'bigint', '9007199254740993 + i'],
      ['average', 'double precision', '0.1 + i / 3.0'],
      ['max', 'double precision', '1e3 * i'],
      ['max timestamp', 'timestamp', startedAt(60)],
      ['variance', 'double precision', 'case when i % 7 = 0 then null else i / 7.0 end'],
    ],
  },
  show_cluster_nodes: {
    rows: 27,
    isEmptyWhenIdle: false,
    columns: [
      serverIp,
      ['server port', 'integer', '5000 + (i - 1) / 9'], // each node once
      ['connection id', 'integer', '100 + i'],
      ['instance id', 'text', "'sqream_' || i % 9"],
      ['last heartbeat', 'integer', 'i * 37 % 1000'],
      ['connection status', 'text', "case i % 13 when 0 then 'Disconnected' else 'Connected' end"],
    ],
  },
  get_license_info: {
    rows: 1,
    isEmptyWhenIdle: false,
    columns: [
      ['compressed cluster size', 'double precision', '12.5'],
      ['uncompressed cluster size', 'double precision', '48.25'],
      ['compress type', 'text', "'compressed'"],
      ['cluster size limit', 'double precision', '100'],
      ['expiration date', 'text', "'2030-12-31'"],
      ['is date expired', 'boolean', 'false'],
      ['is size exceeded', 'boolean', 'false'],
      ['cluster size left', 'double precision', '87.5'],
      ['data read size limit', 'double precision', '0'],
      ['data write size limit', 'double precision', '0'],
      ['gpu limit', 'integer', '8'],
    ],
  },
  reset_leveldb_stats: {
    rows: 1,
    isEmptyWhenIdle: false,
    columns: [['reset', 'text', "'executed'"]],
  },
  show_connections: {
    rows: 14,
    isEmptyWhenIdle: false,
    columns: [
      ['ip', 'text', "'10.0.1.' || i % 250"],
      ['conn_id', 'integer', '100 + i'],
      ['conn_start_time', 'timestamp', startedAt(3_600)],
      ['stmt_id', 'integer', '9000 + i'],
      ['stmt_start_time', 'timestamp', startedAt(7)],
      ['stmt', 'text', statementOfRow],
    ],
  },
  show_node_info: {
    rows: 9,
    isEmptyWhenIdle: false,
    columns: [
      ['stmt_id', 'integer', '9001'],
      ['node_id', 'integer', 'i'],
      ['node_type', 'text', oneOf('PushToNetworkQueue', 'Rechunk', 'GpuToCpu', 'ReadTable')],
      ['rows', 'bigint', '1000000 * i'],
      ['time', 'timestamp', startedAt(1)],
    ],
  },
  health_check_monitoring: {
    rows: 6,
    isEmptyWhenIdle: false,
    columns: [
      ['category', 'text', oneOf('storage', 'metadata', 'license')],
      ['status', 'text', oneOf('ok', 'warning')],
      ['detail', 'text', statementOfRow],
    ],
  },
} as const satisfies Record<string, UtilityFunction>

export type UtilityName = keyof typeof utilityFunctions

export const utilityNames = Object.keys(utilityFunctions) as UtilityName[] // the keys of the literal above

export function isUtilityName(name: string): name is UtilityName {
  return Object.hasOwn(utilityFunctions, name)
}
