import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import { listener } from './narrator.ts'

describe('the lines of the service', () => {
  it('tell that a metric has started when its polls may begin, not when its worker runs', () => {
    const { tell } = listener()
    tell({ type: 'service.starting', version: '0.1.0', target: 'db1_5000_master', metrics: 1 })
    const started = { type: 'metric.started', intervalMs: 2_000, isSending: true } as const
    expect(tell(started)).toEqual([])
    expect(tell(started)).toEqual([])
    expect(tell({ type: 'service.ready' })).toEqual(['info ready', 'info started, runs every 2s'])
    expect(tell(started)).toEqual(['debug started, runs every 2s'])
  })

  it('tell its life from start to end', () => {
    const { tell } = listener()
    expect(
      tell({ type: 'service.starting', version: '0.1.0', target: 'db1_5000_master', metrics: 6 }),
    ).toEqual(['info rowtail 0.1.0 starts: 6 metrics of db1_5000_master'])
    expect(tell({ type: 'check.passed', check: 'database', detail: 'logged in as sqream' })).toEqual([
      'info check database: logged in as sqream',
    ])
    expect(tell({ type: 'service.ready', listen: 'http://127.0.0.1:9464' })).toEqual([
      'info ready, status at http://127.0.0.1:9464',
    ])
    expect(tell({ type: 'service.stopping', cause: 'SIGTERM' })).toEqual(['info stopping: SIGTERM'])
    expect(tell({ type: 'service.stopped', spooledRows: 0 })).toEqual(['info stopped, the spool is empty'])
  })

  it('tell each reason to wait once, and what fails for good', () => {
    const { tell } = listener()
    const error: ErrorReport = { code: 'database_unreachable', message: 'Nothing answers at db1:5000.' }
    const wait = { type: 'check.waiting', check: 'database', error, waitMs: 1_000 } as const
    expect(tell(wait)).toEqual([
      'warn check database: Nothing answers at db1:5000. It is tried again for 1s.',
    ])
    expect(tell(wait)).toEqual([
      'debug check database: Nothing answers at db1:5000. It is tried again for 1s.',
    ])
    expect(tell({ type: 'check.warned', check: 'database', error })).toEqual([
      'warn check database: Nothing answers at db1:5000.',
    ])
    expect(tell({ type: 'check.failed', check: 'database', error })).toEqual([
      'error check database: Nothing answers at db1:5000.',
    ])
  })

  it('tell of a lost driver host and of the next one, and stay few when each dies', () => {
    const { tell, loud } = listener()
    const error: ErrorReport = { code: 'host_crashed', message: 'It was ended by SIGSEGV.' }
    expect(tell({ type: 'host.started', role: 'main', pid: 10 })).toEqual([
      'debug the main driver host runs (pid 10)',
    ])
    for (let pid = 10; pid < 510; pid += 1) {
      tell({ type: 'host.lost', role: 'main', pid, error }, 500)
      tell({ type: 'host.started', role: 'main', pid: pid + 1 }, 500)
    }
    expect(loud()).toEqual([
      'error the main driver host was lost (pid 10): It was ended by SIGSEGV.',
      'info the main driver host is back (pid 11)',
    ])
  })

  it('tell of no return where a silent host was replaced before it was given up', () => {
    const { tell, loud } = listener()
    const error: ErrorReport = { code: 'host_crashed', message: 'It answered no ping.' }
    tell({ type: 'host.started', role: 'main', pid: 10 })
    tell({ type: 'host.started', role: 'main', pid: 11 })
    tell({ type: 'host.lost', role: 'main', pid: 10, error })
    tell({ type: 'host.lost', role: 'main', pid: 11, error })
    tell({ type: 'host.started', role: 'main', pid: 12 })
    expect(loud()).toEqual(['error the main driver host was lost (pid 10): It answered no ping.'])
  })

  it('tell once what a driver cannot do', () => {
    const { tell } = listener()
    const limited = { type: 'driver.limited', what: 'query timeout (HYC00)' } as const
    expect(tell(limited)).toEqual([
      'info the driver cannot do this and is used without it: query timeout (HYC00)',
    ])
    expect(tell(limited)).toEqual([])
  })

  it('tell of a refused login, and when it is accepted again', () => {
    const { tell } = listener()
    const error: ErrorReport = { code: 'login_refused', message: 'db1 refused the login of sqream.' }
    const refusal = { type: 'login.refused', error, probeMs: 60_000 } as const
    const wait = ' All metrics wait; one login is tried in 1m, so that none locks the account.'
    expect(tell(refusal)).toEqual([`error db1 refused the login of sqream.${wait}`])
    expect(tell(refusal)).toEqual([`debug db1 refused the login of sqream. Refused 2 times in 1s.${wait}`])
    expect(tell({ type: 'login.accepted' })).toEqual(['info the login is accepted again after 2s'])
    expect(tell({ type: 'login.accepted' })).toEqual([])
  })

  it('tell of Loki lost and back, and of its limit', () => {
    const { tell } = listener()
    const error: ErrorReport = { code: 'loki_unreachable', message: 'Nothing answers at loki:3100.' }
    expect(tell({ type: 'sink.lost', error })).toEqual([
      'error Loki is lost, rows wait in the spool: Nothing answers at loki:3100.',
    ])
    expect(tell({ type: 'sink.lost', error }, 3_600_000)).toEqual([
      'error Loki is still lost, rows wait in the spool: Nothing answers at loki:3100.',
    ])
    expect(tell({ type: 'sink.back', awayMs: 312_000 })).toEqual(['info Loki is back after 5m 12s'])
    const limited = { type: 'sink.limited', bytesPerSecond: 4 * 1_024 ** 2 } as const
    expect(tell(limited)).toEqual(['warn Loki limits this tenant to 4 MiB a second: pushes stay below that'])
    expect(tell(limited)[0]).toMatch(/^debug/)
  })

  it('tell of a stream that is sent faster than its pace, and of the risk', () => {
    const { tell } = listener()
    const fast = { type: 'stream.fast', stream: '{job="locks"}', bytesPerSecond: 2 * 1_024 ** 2 } as const
    expect(tell(fast)).toEqual([
      'warn {job="locks"} produces more than --loki_stream_rate and is sent at 2 MiB a second: ' +
        'a row that has to be sent again may be stored twice',
    ])
    expect(tell(fast)[0]).toMatch(/^debug/)
    expect(tell({ type: 'stream.steady', stream: '{job="locks"}' })).toEqual([
      'info {job="locks"} produces less than --loki_stream_rate again',
    ])
  })

  it('tell the same warning once an hour', () => {
    const { tell } = listener()
    const error: ErrorReport = { code: 'flag_invalid', message: 'A secret stood on the command line.' }
    expect(tell({ type: 'warning', error })).toEqual(['warn A secret stood on the command line.'])
    expect(tell({ type: 'warning', error })).toEqual(['debug A secret stood on the command line.'])
    expect(tell({ type: 'warning', error }, 3_600_000)).toEqual(['warn A secret stood on the command line.'])
  })
})
