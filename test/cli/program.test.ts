import { describe, expect, it } from 'vitest'
import { ReportedError } from '../../src/core/errors.ts'
import { type Command, createProgram, type Invocation } from '../../src/cli/program.ts'
import { surroundingsFor } from './surroundings.ts'

type Call = { readonly command: string; readonly invocation: Invocation }

/** A program whose commands note that they were called and answer with `answer`. */
function programWith(answer: () => Promise<number> = async () => 0) {
  const calls: Call[] = []
  const printed = { out: '', err: '' }
  const command = (name: string): Command => {
    return async (invocation) => {
      calls.push({ command: name, invocation })
      return answer()
    }
  }
  const program = createProgram(
    {
      run: command('run'),
      check: command('check'),
      once: command('once'),
      demo: command('demo'),
      dashboards: command('dashboards'),
      'spool ls': command('spool ls'),
      'spool verify': command('spool verify'),
      'spool replay': command('spool replay'),
      'spool export': command('spool export'),
    },
    {
      version: '1.2.3',
      surroundings: surroundingsFor(),
      out: (text) => (printed.out += text),
      err: (text) => (printed.err += text),
    },
  )
  return { program, calls, printed }
}

describe('a command line', () => {
  it.each([
    [[], 'run', []],
    [['run'], 'run', []],
    [['--port', '5001'], 'run', []],
    [['check', '--port', '5001'], 'check', []],
    [['--port', '5001', 'check'], 'check', []],
    [['once'], 'once', []],
    [['once', 'show_locks', '--port=1', 'get_license_info'], 'once', ['show_locks', 'get_license_info']],
    [['once', '5'], 'once', ['5']],
    [['demo', '--loki_url', 'http://loki:3100'], 'demo', []],
    [['spool', 'ls'], 'spool ls', []],
    [['spool', 'ls', '--json', 'show_locks'], 'spool ls', ['show_locks']],
    [['spool', 'export', 'show_locks', '--dead', '--reason=too_old'], 'spool export', ['show_locks']],
  ])('calls its command: %j', async (args, command, metrics) => {
    const { program, calls } = programWith()
    expect(await program(args)).toBe(0)
    expect(calls.map((call) => call.command)).toEqual([command])
    expect(calls[0]?.invocation.metrics).toEqual(metrics)
  })

  it('hands settings and warnings to the command, and its exit code to the caller', async () => {
    const { program, calls, printed } = programWith(async () => 3)
    expect(await program(['--host', 'db1', '--password', 'x'])).toBe(3)
    expect(calls[0]?.invocation.settings.target.labels.host).toBe('db1')
    expect(calls[0]?.invocation.warnings).toHaveLength(1)
    expect(printed).toEqual({ out: '', err: '' })
  })

  it('that is wrong is told all its faults, and nothing runs', async () => {
    const { program, calls, printed } = programWith()
    const args = [
      'chekc',
      'now',
      '--prot',
      '5',
      '--loki-host=x',
      '--verbose',
      '--port',
      '99999',
      '--label',
      'novalue',
    ]
    expect(await program(args)).toBe(2)
    expect(calls).toEqual([])
    expect(printed.out).toBe('')
    expect(printed.err).toBe(
      'rowtail cannot start, 6 settings are wrong:\n' +
        '"chekc" is no command; expected run, check, once, demo, dashboards, spool ls, spool verify, ' +
        'spool\n  replay or spool export\n' +
        '  Did you mean "check"?\n' +
        '"--prot" is no flag of rowtail\n' +
        '  Did you mean "--port"?\n' +
        '"--loki-host" is no flag of rowtail\n' +
        '  Did you mean "--loki_host"?\n' +
        '"--verbose" is no flag of rowtail\n' +
        '  rowtail --help lists them.\n' +
        '--port is "99999"; expected a whole number from 1 to 65535\n' +
        '--label is "novalue"; expected name=value, such as env=prod\n',
    )
  })

  it.each([
    [['demo', '--port', '1'], '"--port" is no flag of demo, which brings its own database'],
    [['demo', '--username', 'x'], '"--username" is no flag of demo'],
    [['demo', '--state_dir', 'x'], '"--state_dir" is no flag of demo'],
    [['run', 'fast'], 'run stands together with "fast"; expected flags only'],
    [['--', '--port'], '"--port" is no command; expected run, check, once'],
    [['--no-clustered'], '"--no-clustered" is no flag of rowtail'],
    [['-x'], '"-x" is no flag of rowtail'],
    [['--toString', '1'], '"--toString" is no flag of rowtail'],
    [['--constructor'], '"--constructor" is no flag of rowtail'],
  ])('is refused: %j', async (args, sentence) => {
    const { program, printed } = programWith()
    expect(await program(args)).toBe(2)
    expect(printed.err).toContain(`rowtail cannot start, one setting is wrong:\n${sentence}`)
  })
})

describe('--help', () => {
  it('fits 80 columns and shows every command, flag and default', async () => {
    const { program, printed } = programWith()
    expect(await program(['--help', '--port', 'nonsense'])).toBe(0)
    expect(printed.out.split('\n').filter((line) => line.length > 80)).toEqual([])
    await expect(printed.out).toMatchFileSnapshot('fixtures/help.txt')
  })

  it('may be asked for as -h, and the version as --version', async () => {
    const { program, printed } = programWith()
    expect(await program(['check', '-h'])).toBe(0)
    expect(printed.out).toContain('Usage: rowtail [command] [flags]')
    printed.out = ''
    expect(await program(['--version'])).toBe(0)
    expect(printed.out).toBe('1.2.3\n')
  })
})

describe('a command that fails', () => {
  it('is told without a stack where the error is a known one', async () => {
    const { program, printed } = programWith(async () => {
      throw new ReportedError({
        code: 'state_dir_in_use',
        message: 'Process 42 uses the state directory.',
        hint: 'Stop it first.',
      })
    })
    expect(await program([])).toBe(2)
    expect(printed.err).toBe('rowtail: Process 42 uses the state directory. Stop it first.\n')
  })

  it('ends with 3 where a startup check failed', async () => {
    const { program } = programWith(async () => {
      throw new ReportedError({ code: 'login_refused', message: 'No.' })
    })
    expect(await program([])).toBe(3)
  })

  it('is told with its stack where it is a bug, and ends with 1', async () => {
    const { program, printed } = programWith(async () => {
      throw new TypeError('x is not a function')
    })
    expect(await program([])).toBe(1)
    expect(printed.err).toMatch(/^rowtail: TypeError: x is not a function\n {4}at /)
  })
})
