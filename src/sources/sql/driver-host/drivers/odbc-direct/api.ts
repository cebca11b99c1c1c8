// ODBC's C interface as functions: the library, its signatures, and the numbers of sql.h and sqlext.h in use
// here. The only importer of koffi. Calls that can block run on libuv's pool (`later`); the short ones that
// touch no network run at once (`now`), and never on a connection that is busy: they would wait for its
// statement.

import koffi from 'koffi'
import { ReportedError } from '../../../../../core/errors.ts'

/** The address of what ODBC allocated. */
export type Handle = bigint

type Argument = number | bigint | null | Uint8Array | Uint16Array | Uint32Array | unknown[]

/** An ODBC function; it answers with its return code. */
export type OdbcCall = {
  now(...args: Argument[]): number
  later(...args: Argument[]): Promise<number>
}

export type OdbcApi = Readonly<Record<keyof typeof signatures, OdbcCall>>

export const returns = { success: 0, successWithInfo: 1, noData: 100 } as const
export const handleTypes = { environment: 1, connection: 2, statement: 3 } as const
export const environmentAttributes = { odbcVersion: 200 } as const
export const connectionAttributes = { loginTimeout: 103, dead: 1209 } as const
export const statementAttributes = {
  queryTimeout: 0,
  rowStatus: 25,
  rowsFetched: 26,
  rowArraySize: 27,
} as const
export const infoTypes = { driverName: 6, getDataExtensions: 81 } as const
export const cTypes = { char: 1, double: 8, binary: -2, wchar: -8 } as const
/** Indicators in place of a length. */
export const lengths = { null: -1, unknown: -4 } as const
export const nullTerminated = -3

const signatures = {
  allocHandle: 'int16 SQLAllocHandle(int16, void *, _Out_ void **)',
  freeHandle: 'int16 SQLFreeHandle(int16, void *)',
  setEnvironment: 'int16 SQLSetEnvAttr(void *, int32, void *, int32)',
  setConnection: 'int16 SQLSetConnectAttrW(void *, int32, void *, int32)',
  getConnection: 'int16 SQLGetConnectAttrW(void *, int32, void *, int32, _Out_ int32 *)',
  setStatement: 'int16 SQLSetStmtAttrW(void *, int32, void *, int32)',
  connect: 'int16 SQLDriverConnectW(void *, void *, void *, int16, void *, int16, void *, uint16)',
  disconnect: 'int16 SQLDisconnect(void *)',
  getInfo: 'int16 SQLGetInfoW(void *, uint16, void *, int16, _Out_ int16 *)',
  drivers: 'int16 SQLDriversW(void *, uint16, void *, int16, _Out_ int16 *, void *, int16, _Out_ int16 *)',
  diagnostic:
    'int16 SQLGetDiagRecW(int16, void *, int16, void *, _Out_ int32 *, void *, int16, _Out_ int16 *)',
  execute: 'int16 SQLExecDirectW(void *, void *, int32)',
  executeNarrow: 'int16 SQLExecDirect(void *, void *, int32)',
  cancel: 'int16 SQLCancel(void *)',
  columnCount: 'int16 SQLNumResultCols(void *, _Out_ int16 *)',
  describeColumn:
    'int16 SQLDescribeColW(void *, uint16, void *, int16, _Out_ int16 *, ' +
    '_Out_ int16 *, _Out_ uint64 *, _Out_ int16 *, _Out_ int16 *)',
  columnAttribute: 'int16 SQLColAttributeW(void *, uint16, uint16, void *, int16, _Out_ int16 *, void *)',
  bindColumn: 'int16 SQLBindCol(void *, uint16, int16, void *, int64, void *)',
  fetch: 'int16 SQLFetch(void *)',
  setPosition: 'int16 SQLSetPos(void *, uint64, uint16, uint16)',
  getData: 'int16 SQLGetData(void *, uint16, int16, void *, int64, void *)',
} as const

/** iODBC is left out on purpose: its characters are four bytes wide. */
const libraryNames: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  win32: ['odbc32.dll'],
  darwin: ['libodbc.2.dylib', '/opt/homebrew/lib/libodbc.2.dylib', '/usr/local/lib/libodbc.2.dylib'],
}

let loaded: OdbcApi | undefined

/**
 * Loads the driver manager once a process; throws a report that says which names were tried and what to
 * install.
 */
export function loadOdbc(): OdbcApi {
  loaded ??= bindAll(loadDriverManager())
  return loaded
}

/** The address of a buffer whose bytes do not move and that the caller keeps alive. */
export function addressOf(buffer: ArrayBuffer): bigint {
  return koffi.address(buffer)
}

type Library = ReturnType<typeof koffi.load>

/** The first of these libraries that can be loaded: `koffi` names none in its own error. */
export function loadDriverManager(names = defaultNames()): Library {
  // koffi runs a call on a stack of its own. Drivers were seen to take 48 KiB, the default is 128 KiB and an
  // overflow ends the process; untouched pages cost nothing.
  koffi.config({ async_stack_size: 1024 * 1024 })
  const said: string[] = []
  for (const name of names) {
    try {
      return koffi.load(name)
    } catch (error) {
      said.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new ReportedError({
    code: 'driver_manager_missing',
    message: `The ODBC driver manager could not be loaded (tried ${names.join(', ')}).`,
    hint:
      'Install unixODBC: apt-get install unixodbc (Debian, Ubuntu), dnf install unixODBC (Fedora, RHEL), ' +
      'brew install unixodbc (macOS).',
    said: said.join('\n').slice(0, 2_000),
  })
}

function defaultNames(): readonly string[] {
  return libraryNames[process.platform] ?? ['libodbc.so.2', 'libodbc.so']
}

function bindAll(library: Library): OdbcApi {
  const calls = Object.entries(signatures).map(([name, signature]) => [name, bind(library, signature)])
  return Object.fromEntries(calls) as OdbcApi // every key of signatures, mapped
}

function bind(library: Library, signature: string): OdbcCall {
  const call = library.func(signature)
  return {
    now: (...args) => Number(call(...args)),
    later: (...args) =>
      new Promise((resolve, reject) => {
        call.async(...args, (error: unknown, code: number) => {
          keepAlive(args)
          if (error instanceof Error) reject(error)
          else resolve(code)
        })
      }),
  }
}

/** What a call works on must not be collected before it is done: its callback refers to it here. */
function keepAlive(_args: readonly Argument[]): void {}
