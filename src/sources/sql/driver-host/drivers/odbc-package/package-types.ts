// The part of npm `odbc` that is used here, as it behaves with `fetchArray`; its own declarations lack that.

export type OdbcModule = {
  connect(options: {
    readonly connectionString: string
    readonly loginTimeout: number
    readonly fetchArray: true
  }): Promise<NativeConnection>
}

export type NativeConnection = {
  readonly connected: boolean
  createStatement(): Promise<NativeStatement>
  close(): Promise<void>
}

export type NativeStatement = {
  /** Synchronous in truth: it blocks the event loop until the server was reached. */
  cancel(): Promise<void>
  prepare(query: string): Promise<void>
  execute(options: { cursor: true; fetchSize: number; timeout: number }): Promise<NativeCursor>
  close(): Promise<void>
}

export type NativeCursor = {
  readonly noData: boolean
  fetch(): Promise<NativeRows>
  close(): Promise<void>
}

export type NativeValue = string | number | bigint | ArrayBuffer | null

export type NativeColumn = {
  readonly name: string
  readonly dataType: number
  readonly dataTypeName: string
  readonly columnSize: number
  /** Digits behind the point of a decimal. */
  readonly decimalDigits: number
}

export type NativeRows = readonly (readonly NativeValue[])[] & { readonly columns: readonly NativeColumn[] }
