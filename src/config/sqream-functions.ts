// The utility functions of SQreamDB that monitor a cluster: a metric of such a name needs no query of its
// own.

export const sqreamFunctions = [
  'show_server_status',
  'show_locks',
  'get_leveldb_stats',
  'show_cluster_nodes',
  'get_license_info',
  'reset_leveldb_stats',
  'show_connections',
  'show_node_info',
  'health_check_monitoring',
] as const

/** Functions that are called for what they do; their result is not sent unless `send` asks for it. */
const withoutRows: readonly string[] = ['reset_leveldb_stats']

export function isSqreamFunction(name: string): boolean {
  return sqreamFunctions.some((known) => known === name)
}

export function queryOfFunction(name: string): string {
  return `select ${name}();`
}

export function isSentByDefault(name: string): boolean {
  return !withoutRows.includes(name)
}
