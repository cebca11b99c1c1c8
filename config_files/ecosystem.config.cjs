// rowtail under pm2: `pm2 start config_files/ecosystem.config.cjs`. `pm2 start` returns once all startup checks have
// passed. The password stands in a file: pm2 would keep one from the arguments or the environment in its dump.

const { join } = require('node:path')

module.exports = {
  apps: [
    {
      name: 'rowtail',
      cwd: join(__dirname, '..'),
      script: 'dist/main.js',
      args: [
        '--host=localhost',
        '--port=5000',
        '--user=sqream',
        '--password_file=/etc/rowtail/password',
        '--loki_host=localhost',
        '--loki_port=3100',
      ],
      exec_mode: 'fork',
      instances: 1,
      // Threads share two heaps of malloc: less memory after a while (docs/decisions/0008-memory.md).
      env: { MALLOC_ARENA_MAX: '2' },
      // Longer than --startup_wait: until then unreachable servers are tried again.
      wait_ready: true,
      listen_timeout: 60_000,
      // rowtail is gone within 1.5 s of a stop; what it has not delivered by then waits on disk.
      kill_timeout: 3_000,
      // 2 is a wrong setting: starting again does not mend it.
      stop_exit_codes: [2],
      exp_backoff_restart_delay: 1_000,
    },
  ],
}
