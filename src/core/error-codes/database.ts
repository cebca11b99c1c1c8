// Errors of the driver, the database and its queries. docs/errors.md is written from these accounts.

import type { ErrorAccount } from './account.ts'

export const databaseErrors = {
  driver_manager_missing: {
    means: 'The ODBC driver manager is not installed.',
    cause: 'unixODBC is missing.',
    cure:
      'Debian, Ubuntu: `apt-get install unixodbc`; Fedora, RHEL: `dnf install unixODBC`; macOS: `brew ' +
      'install unixodbc`.',
    endsStart: true,
  },
  driver_missing: {
    means: 'The ODBC driver cannot be loaded.',
    cause: 'Its name is not in odbcinst.ini, or a library that it needs is missing.',
    cure: "The registered names are listed; `ldd` on the driver's file shows what it misses.",
    endsStart: true,
  },
  binding_missing: {
    means: 'The npm package `odbc` was not built and `--odbc_binding package` asks for it.',
    cause: 'No compiler or no unixODBC headers when it was installed.',
    cure: 'Install the packages that are named and run `npm ci` again, or leave the binding at `direct`.',
    endsStart: true,
  },
  database_unreachable: {
    means: 'No connection to the database.',
    cause:
      'It is down; a wrong host or port; a firewall; a certificate that the driver does not trust; a ' +
      "server picker's port without `--clustered`, or a worker's with it.",
    cure:
      'Check host and port, that the server runs, and what stands between. For SQreamDB port 3108 goes ' +
      'with `--clustered`, port 5000 without, by default.',
    endsStart: true,
  },
  database_unknown: {
    means: 'The server does not know the database.',
    cause: 'A misspelling, or it was dropped.',
    cure: 'Check `--database`.',
    endsStart: true,
  },
  service_refused: {
    means: 'No worker of the SQreamDB serves this service.',
    cause: 'The worker for monitoring does not run, or serves another name.',
    cure: 'Start a worker with `config_files/sqream_config.json`, or name its service with `--service`.',
    endsStart: true,
  },
  login_refused: {
    means:
      'User or password were refused. rowtail then asks again with a single connection every 1 to 15 ' +
      'minutes, so that the account is not locked.',
    cause: 'A wrong or changed password; a server that admits no such user from this machine.',
    cure: "Mend the secret, or the server's list, and restart.",
    endsStart: true,
  },
  not_cpu_only: {
    means: 'The service has a GPU, or it could not be told.',
    cause: '`--service` names one that users work with.',
    cure: 'Serve `monitor` from a worker with `"gpu": 0`; `--cpu_check off` leaves the check out.',
    endsStart: true,
  },
  connection_lost: {
    means: 'The connection broke while a query ran.',
    cause: 'The database restarted, or a firewall ends idle connections.',
    cure: 'None: the metric connects again.',
  },
  query_failed: {
    means: 'The database refused the query.',
    cause: 'A misspelt column, a missing right, a `;` at the end for Oracle.',
    cure: 'Its own words are shown; try the query with `rowtail once <metric>`.',
  },
  query_timeout: {
    means: 'The query took longer than its `timeout`.',
    cause: 'A slow query or a database under load.',
    cure: 'A longer `timeout`, a longer interval, or a cheaper query.',
  },
  query_abandoned: {
    means: 'A query came back neither by itself nor when cancelled; its connection was given up.',
    cause: 'The driver or the database hangs.',
    cure: 'None: the metric goes on over another driver host and returns later.',
  },
  value_unreadable: {
    means: 'The driver could not hand over a value.',
    cause: 'A type that the driver does not know.',
    cure: 'Cast the column to text in the query.',
  },
  host_crashed: {
    means:
      'The process that holds the ODBC driver died, and the signal is named; or it took more than 1 GiB ' +
      'of memory.',
    cause: 'A defect of the driver.',
    cure:
      'None: it is replaced, and the metric whose query crashed it goes on over another one. If it ' +
      'repeats, update the driver, or try the other `--odbc_binding`.',
  },
  host_unavailable: {
    means: 'No driver host takes the query at the moment.',
    cause: 'Hosts are being replaced; the driver hangs while it connects; the machine has too little CPU.',
    cure:
      'None, unless it lasts: then look at `host_crashed` and `query_abandoned` before it; without those, ' +
      'poll less or give the machine more CPU.',
    endsStart: true,
  },
} as const satisfies Readonly<Record<string, ErrorAccount>>
