import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../../../../src/core/errors.ts'
import { loadDriverManager } from '../../../../../../src/sources/sql/driver-host/drivers/odbc-direct/api.ts'

describe('loadDriverManager', () => {
  it('without unixODBC says which names were tried and what to install', () => {
    const load = () => loadDriverManager(['libno-such-odbc.so.2', 'libno-such-odbc.so'])
    expect(reportOf(catching(load))).toEqual({
      code: 'driver_manager_missing',
      message: expect.stringContaining('libno-such-odbc.so.2, libno-such-odbc.so'),
      hint: expect.stringContaining('apt-get install unixodbc'),
      said: expect.stringMatching(/^libno-such-odbc\.so\.2: .*\nlibno-such-odbc\.so: /),
    })
  })
})

function catching(step: () => unknown): unknown {
  try {
    return step()
  } catch (error) {
    return error
  }
}
