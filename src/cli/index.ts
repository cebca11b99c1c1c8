// Where main.ts hands over: the real process around the program of cli/program. Each command is loaded only
// when it runs, so that --help and a misspelt flag need none of the service's parts.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProgram, type Program } from './program.ts'
import { processSurroundings } from './settings-surroundings.ts'

/** Runs the command line and leaves its outcome in process.exitCode; never rejects. */
export async function main(args: readonly string[]): Promise<void> {
  process.exitCode = await programOfProcess()(args)
}

function programOfProcess(): Program {
  const surroundings = processSurroundings()
  return createProgram(
    {
      run: async (invocation) => (await import('./commands/run.ts')).run(invocation),
      check: async (invocation) => (await import('./commands/check.ts')).check(invocation),
      once: async (invocation) => (await import('./commands/once.ts')).once(invocation),
      dashboards: async (invocation) => (await import('./commands/dashboards.ts')).dashboards(invocation),
      demo: async (invocation) => (await import('./commands/demo.ts')).demo(invocation),
      'spool ls': async (invocation) => (await import('./commands/spool-ls.ts')).spoolLs(invocation),
      'spool verify': async (invocation) =>
        (await import('./commands/spool-verify.ts')).spoolVerify(invocation),
      'spool replay': async (invocation) =>
        (await import('./commands/spool-replay.ts')).spoolReplay(invocation),
      'spool export': async (invocation) =>
        (await import('./commands/spool-export.ts')).spoolExport(invocation),
    },
    {
      version: versionOf(surroundings.packageDir),
      surroundings,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    },
  )
}

function versionOf(packageDir: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}
