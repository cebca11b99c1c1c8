import { describe, expect, it } from 'vitest'
import { allVariables } from '../../src/cli/flags-names.ts'
import { faultsOf, settingsOf, warningsOf } from './surroundings.ts'

describe('settings without any flag', () => {
  it('are those of a SQreamDB and a Loki on this machine', () => {
    expect(settingsOf([])).toEqual({
      target: {
        kind: 'odbc',
        connectionString:
          'Driver={SqreamODBCDriver};Server=localhost;Port=5000;Database=master;Service=monitor;' +
          'User=sqream;UID=sqream;Password=sqream;PWD=sqream;Cluster=false;Ssl=false;',
        binding: 'direct',
        name: 'localhost_5000_master',
        labels: { host: 'localhost', database: 'master' },
        isSqream: true,
        tried: {
          driver: 'SqreamODBCDriver',
          host: 'localhost',
          port: '5000',
          database: 'master',
          user: 'sqream',
          service: 'monitor',
          clustered: 'false',
        },
      },
      loki: {
        endpoint: {
          pushUrl: 'http://localhost:3100/loki/api/v1/push',
          readyUrl: 'http://localhost:3100/ready',
        },
        login: { kind: 'none' },
        tls: {},
        sendsMetadata: true,
        streamRate: 1_000_000,
        isDefault: true,
      },
      labels: {},
      metricsPath: '/opt/rowtail/monitor_input.json',
      stateDir: '/home/ann/.local/state/rowtail/localhost_5000_master',
      listen: { kind: 'on', host: '127.0.0.1', port: 9464, isDefault: true },
      log: { level: 'info', format: 'auto', isSentToLoki: false },
      hasCpuCheck: true,
      startupWaitMs: 30_000,
      isStrictStart: false,
      bounds: {
        spoolMetricBytes: 268_435_456,
        spoolTotalBytes: 2_147_483_648,
        diskReserveBytes: 536_870_912,
        run: { maxRows: 100_000, maxBytes: 67_108_864 },
      },
      hasSecretInArgv: false,
    })
  })
})

describe('a flag', () => {
  it('beats the environment, which beats the default', () => {
    const env = { ROWTAIL_LOKI_HOST: 'from-env', ROWTAIL_LOKI_PORT: '3200', ROWTAIL_PORT: '' }
    const settings = settingsOf(['--loki_host', 'from-flag'], { env })
    expect(settings.loki.endpoint.pushUrl).toBe('http://from-flag:3200/loki/api/v1/push')
    expect(settings.target.tried['port']).toBe('5000')
  })

  it('of every name can be an environment variable', () => {
    const env = Object.fromEntries(allVariables.map((name) => [name, '']))
    expect(warningsOf([], { env })).toEqual([])
  })

  it('may stand with = and may be called --username', () => {
    expect(settingsOf(['--username=ann']).target.tried['user']).toBe('ann')
  })

  it('without a value is true where it is a boolean', () => {
    expect(settingsOf(['--clustered', '--strict_start']).isStrictStart).toBe(true)
    expect(settingsOf(['--clustered', 'true']).target.tried['clustered']).toBe('true')
    expect(settingsOf(['--clustered=false']).target.tried['clustered']).toBe('false')
    expect(faultsOf(['--clustered', 'yes'])).toEqual(['--clustered is "yes"; expected true or false'])
  })

  it.each([
    [['--port', '99999'], '--port is "99999"; expected a whole number from 1 to 65535'],
    [['--port', '65536'], '--port is "65536"; expected a whole number from 1 to 65535'],
    [['--port', '0'], '--port is "0"; expected a whole number from 1 to 65535'],
    [['--port', 'abc'], '--port is "abc"; expected a whole number from 1 to 65535'],
    [['--port', '-5'], '--port is "-5"; expected a whole number from 1 to 65535'],
    [['--port', '5000.5'], '--port is "5000.5"; expected a whole number from 1 to 65535'],
    [['--port', '1', '--port', '2'], '--port stands 2 times; expected once'],
    [['--user', 'a', '--username', 'b'], '--user stands together with --username; expected one of them'],
    [
      ['--host', 'db1:5000'],
      '--host is "db1:5000"; expected a host name or address alone | Write --host db1 --port 5000.',
    ],
    [['--host', 'odbc://db1'], '--host is "odbc://db1"; expected a host name or address'],
    [
      ['--loki_host', 'http://loki'],
      '--loki_host is "http://loki"; expected a host name or address alone | ' +
        'An address with a scheme, a port or a path goes into --loki_url.',
    ],
    [
      ['--loki_url', 'loki:3100'],
      "The Loki URL 'loki:3100' is neither http nor https. | " +
        'Write it as http://loki.example:3100, or as the full push URL …/loki/api/v1/push.',
    ],
    [
      ['--loki_url', 'http://l', '--loki_host', 'l', '--loki_port', '1'],
      '--loki_url stands together with --loki_host, --loki_port; expected one or the other',
    ],
    [
      ['--loki_token_file', '/etc/hostname', '--loki_user', 'u'],
      '--loki_token_file stands together with --loki_user; expected one or the other',
    ],
    [['--loki_user', 'u'], '--loki_user stands without a password | Add --loki_password_file.'],
    [['--loki_metadata', 'no'], '--loki_metadata is "no"; expected one of on, off'],
    [
      ['--loki_stream_rate', 'fast'],
      '--loki_stream_rate is "fast"; expected a size such as 256MiB, 1MB or 4096, or off',
    ],
    [['--loki_stream_rate', '65535'], '--loki_stream_rate is "65535"; expected 64KiB to 1GiB'],
    [
      ['--spool_metric', '1MiB', '--spool_total', '1048575'],
      '--spool_total is "1048575"; expected 1MiB to 16TiB',
    ],
    [
      ['--spool_metric', '3GiB'],
      '--spool_metric 3GiB is more than --spool_total 2GiB; expected at most that',
    ],
    [['--disk_reserve', '17TiB'], '--disk_reserve is "17TiB"; expected 0B to 16TiB'],
    [['--max_rows', '10000001'], '--max_rows is "10000001"; expected a whole number from 1 to 10000000'],
    [['--max_bytes', '1023'], '--max_bytes is "1023"; expected 1KiB to 4GiB'],
    [['--log_level', 'verbose'], '--log_level is "verbose"; expected one of debug, info, warn, error'],
    [
      ['--log_format', 'jsn'],
      '--log_format is "jsn"; expected one of auto, pretty, json | Did you mean "json"?',
    ],
    [
      ['--listen', '127.0.0.1'],
      '--listen is "127.0.0.1"; expected host:port with a port from 0 (any free one) to 65535, or off',
    ],
    [
      ['--listen', ':65536'],
      '--listen is ":65536"; expected host:port with a port from 0 (any free one) to 65535, or off',
    ],
    [
      ['--startup_wait', 'soon'],
      '--startup_wait is "soon"; expected a number of seconds or a duration such as 500ms, 30s or 5m',
    ],
    [['--startup_wait', '86401'], '--startup_wait is "86401"; expected at most 1d'],
    [['--cpu_check', 'maybe'], '--cpu_check is "maybe"; expected one of auto, on, off'],
    [['--odbc_binding', 'native'], '--odbc_binding is "native"; expected one of direct, package'],
    [['--label', 'novalue'], '--label is "novalue"; expected name=value, such as env=prod'],
    [
      ['--label', 'my-env=prod'],
      '--label is "my-env=prod"; expected letters, digits and _, not beginning with a digit: ' +
        'Loki refuses other label names | Write "my_env".',
    ],
    [['--label', 'env='], '--label is "env="; expected a value: Loki drops labels that are empty'],
    [['--label', 'a=1', '--label', 'a=2'], '--label is "a=2"; expected the label a once'],
    [
      ['--target_name', '../x'],
      '--target_name is "../x"; expected at most 100 letters, digits, dots, _ and -, ' +
        'beginning with a letter, a digit or _',
    ],
    [['--host'], '--host has no value | A value that begins with a dash is written --host=-value.'],
    [
      ['--password', '--port', '5000'],
      '--password has no value | A value that begins with a dash is written --password=-value.',
    ],
  ])('that is wrong is told so: %j', (args, fault) => {
    expect(faultsOf(args)).toEqual([fault])
  })

  it('that is wrong in the environment is told by the name of the variable', () => {
    expect(faultsOf([], { env: { ROWTAIL_PORT: 'abc' } })).toEqual([
      'ROWTAIL_PORT is "abc"; expected a whole number from 1 to 65535',
    ])
  })

  it('may stand at each of its bounds', () => {
    const text =
      '--port=65535 --loki_port=1 --loki_stream_rate=64KiB --max_rows=10000000 --max_bytes=4GiB ' +
      '--spool_metric=1MiB --spool_total=1MiB --disk_reserve=0 --startup_wait=1d --listen=off'
    const args = [...text.split(' '), '--target_name', 'n'.repeat(100)]
    expect(faultsOf(args)).toEqual([])
    expect(settingsOf(args).bounds.spoolTotalBytes).toBe(1_048_576)
  })

  it('that is wrong does not hide another one', () => {
    expect(faultsOf(['--port', 'x', '--loki_port', 'y', '--log_level', 'z', '--label', '1'])).toHaveLength(4)
  })
})

describe('labels of the service', () => {
  it('come from repeated flags, or from one variable with commas', () => {
    expect(settingsOf(['--label', 'env=prod', '--label', 'url=a=b']).labels).toEqual({
      env: 'prod',
      url: 'a=b',
    })
    const env = { ROWTAIL_LABEL: 'env=prod, zone=a' }
    expect(settingsOf([], { env }).labels).toEqual({ env: 'prod', zone: 'a' })
  })

  it("are at most twelve, beside rowtail's own three", () => {
    const labels = (count: number) =>
      Array.from({ length: count }, (_, index) => ['--label', `l${index}=x`]).flat()
    expect(faultsOf(labels(12))).toEqual([])
    expect(faultsOf(labels(13))).toEqual([
      '--label stands 13 times; expected at most 15 labels in all, they are 16',
    ])
  })
})

describe('paths', () => {
  it('of the metrics file: named, else in the working directory, else the one of rowtail', () => {
    expect(settingsOf(['--metrics_json_path', 'm.json']).metricsPath).toBe('/srv/m.json')
    const exists = (path: string) => path === '/srv/monitor_input.json'
    expect(settingsOf([], { exists }).metricsPath).toBe('/srv/monitor_input.json')
    expect(settingsOf([]).metricsPath).toBe('/opt/rowtail/monitor_input.json')
  })

  it('of the state: named, else of systemd, else of XDG where absolute, else in the home directory', () => {
    const name = 'localhost_5000_master'
    const stateDir = (env: Record<string, string>) => settingsOf([], { env }).stateDir
    expect(settingsOf(['--state_dir', 'state']).stateDir).toBe('/srv/state')
    expect(stateDir({ STATE_DIRECTORY: '/var/lib/rowtail:/var/lib/x' })).toBe(`/var/lib/rowtail/${name}`)
    expect(stateDir({ XDG_STATE_HOME: '/data' })).toBe(`/data/rowtail/${name}`)
    expect(stateDir({ XDG_STATE_HOME: 'data' })).toBe(`/home/ann/.local/state/rowtail/${name}`)
  })

  it('of the state must be named where the user has no home directory', () => {
    const homeless = { homeDir: undefined }
    expect(faultsOf([], homeless)).toEqual([
      '--state_dir is missing, and this user has no home directory | Name one that lasts.',
    ])
    expect(faultsOf(['--state_dir', '/state'], homeless)).toEqual([])
  })

  it('of the log file is absolute', () => {
    expect(settingsOf(['--log_file_path', 'logs/r.log']).log.filePath).toBe('/srv/logs/r.log')
  })
})

describe('the address to listen on', () => {
  it.each([
    ['0.0.0.0:80', { kind: 'on', host: '0.0.0.0', port: 80, isDefault: false }],
    ['8080', { kind: 'on', host: '127.0.0.1', port: 8_080, isDefault: false }],
    [':8080', { kind: 'on', host: '127.0.0.1', port: 8_080, isDefault: false }],
    ['[::1]:0', { kind: 'on', host: '::1', port: 0, isDefault: false }],
    ['127.0.0.1:9464', { kind: 'on', host: '127.0.0.1', port: 9_464, isDefault: false }],
    ['OFF', { kind: 'off' }],
  ])('is read from %s', (text, listen) => {
    expect(settingsOf(['--listen', text]).listen).toEqual(listen)
  })

  it('has a password of at least 8 characters, which no fault shows', () => {
    const password = (text: string) => ['--listen', ':80', '--listen_password', text]
    expect(settingsOf(password('12345678')).listen).toMatchObject({ password: '12345678' })
    for (const text of ['1234567', '1234 5678']) {
      expect(faultsOf(password(text))).toEqual([
        '--listen_password is not usable; expected at least 8 characters, no spaces',
      ])
    }
  })
})

describe('the environment', () => {
  it('is warned of where a variable is misspelt', () => {
    const env = { ROWTAIL_LOKI_HSOT: 'x', ROWTAIL_ANYTHING_ELSE: 'y', OTHER: 'z' }
    expect(warningsOf([], { env })).toEqual([
      'The environment variable ROWTAIL_ANYTHING_ELSE is none that rowtail knows.',
      'The environment variable ROWTAIL_LOKI_HSOT is none that rowtail knows. | ' +
        'Did you mean "ROWTAIL_LOKI_HOST"?',
    ])
  })

  it('gives way to a flag that takes its place, with a warning', () => {
    const env = { ROWTAIL_LOKI_HOST: 'a', ROWTAIL_LOKI_PORT: '1' }
    const args = ['--loki_url', 'https://b/prefix/']
    expect(settingsOf(args, { env }).loki.endpoint.pushUrl).toBe('https://b/prefix/loki/api/v1/push')
    expect(warningsOf(args, { env })).toEqual([
      'ROWTAIL_LOKI_HOST is not used: --loki_url on the command line takes its place.',
      'ROWTAIL_LOKI_PORT is not used: --loki_url on the command line takes its place.',
    ])
    const reversed = settingsOf(['--loki_host', 'c'], { env: { ROWTAIL_LOKI_URL: 'http://d' } })
    expect(reversed.loki.endpoint.pushUrl).toBe('http://c:3100/loki/api/v1/push')
  })

  it('contradicts itself as flags do', () => {
    const env = { ROWTAIL_LOKI_URL: 'http://d', ROWTAIL_LOKI_PORT: '1' }
    expect(faultsOf([], { env })).toEqual([
      'ROWTAIL_LOKI_URL stands together with ROWTAIL_LOKI_PORT; expected one or the other',
    ])
  })
})

describe('the CPU check', () => {
  it('is on for SqreamODBCDriver alone, unless it is asked for or forbidden', () => {
    const hasCheck = (...args: string[]) => settingsOf(args).hasCpuCheck
    expect(hasCheck('--driver', 'PostgreSQL Unicode')).toBe(false)
    expect(hasCheck('--driver', 'PostgreSQL Unicode', '--cpu_check', 'on')).toBe(true)
    expect(hasCheck('--cpu_check', 'off')).toBe(false)
  })
})

describe('the proxy of the environment', () => {
  const loki = ['--loki_url', 'https://loki.example']

  it('is taken for Loki', () => {
    const env = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'localhost' }
    expect(settingsOf(loki, { env }).loki.proxy).toEqual({
      HTTPS_PROXY: 'http://proxy.example:3128/',
      NO_PROXY: 'localhost',
    })
  })

  it('is a fault of the settings where it cannot be used', () => {
    expect(faultsOf(loki, { env: { https_proxy: 'socks5://proxy.example' } })).toEqual([
      'The variable HTTPS_PROXY names no http or https proxy, and Loki would be asked through it. | ' +
        "Write it as http://proxy.example:3128, or add Loki's host to NO_PROXY.",
    ])
  })
})
