// What a driver reports of its own work, looked at before it is believed: with a wrong count or length,
// memory that holds no value would be sent as one. The cursor asks for each block and each cell.

import { ReportedError } from '../../../../../core/errors.ts'
import { lengths } from './api.ts'

/** The rows of a block of at most `blockRows`; throws where the driver counted others. */
export function checkedRows(fetched: number, blockRows: number): number {
  if (fetched < 0 || fetched > blockRows) throw nonsense(`${fetched} rows in a block of ${blockRows}`)
  return fetched
}

/** A length in bytes, or one of the indicators in its place; throws at any other negative number. */
export function checkedLength(length: number): number {
  if (length < 0 && length !== lengths.null && length !== lengths.unknown)
    throw nonsense(`a value of ${length} bytes`)
  return length
}

function nonsense(what: string): ReportedError {
  return new ReportedError({
    code: 'query_failed',
    message: `The driver reported ${what}: what it fetched cannot be trusted.`,
    hint: 'The driver is native code of its vendor: try a newer one.',
  })
}
