// Debian's packages for the tests: PostgreSQL, the programs of MariaDB's server, unixODBC with its headers,
// the ODBC drivers of both and of SQLite, what compiles npm's `odbc` and the faulty driver of the tests,
// Chromium for the status page, Prometheus' own parser, and systemd's check of units. Only what is missing
// is installed. PostgreSQL is told beforehand not to create a cluster of its own.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask, run } from './steps.mjs'

/** A package, and the program that stands for it where it may have come from elsewhere. */
const needed = [
  { name: 'postgresql' },
  { name: 'unixodbc' },
  { name: 'unixodbc-dev' },
  { name: 'odbc-postgresql' },
  { name: 'mariadb-server-core' },
  { name: 'odbc-mariadb' },
  { name: 'libsqliteodbc' },
  { name: 'g++', program: 'g++' },
  { name: 'gcc', program: 'cc' },
  { name: 'make', program: 'make' },
  { name: 'python3', program: 'python3' },
  { name: 'systemd', program: 'systemd-analyze' },
  { name: 'python3-prometheus-client' },
  { name: 'chromium', program: 'chromium' },
  { name: 'fonts-dejavu-core' },
]

const noClusterPath = '/etc/postgresql-common/createcluster.d/rowtail-no-cluster.conf'

/** Installs what is missing of these and returns a remark about it. */
export async function installDebianPackages(parts = needed) {
  const missing = []
  for (const part of parts) if (!(await isInstalled(part))) missing.push(part.name)
  if (missing.length === 0) return 'all there'
  await withoutDefaultCluster(() => install(missing))
  return `installed ${missing.join(', ')}`
}

async function isInstalled({ name, program }) {
  if (program !== undefined && isInPath(program)) return true
  const status = await ask('dpkg-query', ['-W', '-f', '${db:Status-Status}', name])
  return status === 'installed'
}

function isInPath(program) {
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, program)))
}

/** The package lists are fetched only where the ones at hand do not do. */
async function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
  const installAll = () => apt('install', '-y', '--no-install-recommends', ...packages)
  try {
    await installAll()
  } catch {
    await apt('update')
    await installAll()
  }
}

/** postgresql-common reads this directory when the package is configured; nothing of it stays behind. */
async function withoutDefaultCluster(work) {
  mkdirSync(dirname(noClusterPath), { recursive: true })
  writeFileSync(noClusterPath, 'create_main_cluster = false\n')
  try {
    return await work()
  } finally {
    rmSync(noClusterPath, { force: true })
  }
}
