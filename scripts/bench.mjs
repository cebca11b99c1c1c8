// `npm run bench`: rowtail beside its peers, on the same work, in one run; figures and goals go into
// bench/RESULTS.md. `-- --only a,f` plays some works, `--peers rowtail,telegraf` some contenders, `--rounds
// 5` as often, `--quick` all as a smoke test without figures. Measures the working tree, or `--commit abc`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLoki, provideLoki } from './lib/loki.mjs'
import { ask, main, step, toolEnvironment } from './lib/steps.mjs'
import { commitOf, compileSubject, runProgram, whatToTest } from './lib/subject.mjs'
import { provideTelegraf } from './lib/telegraf.mjs'

await main(async () => {
  const args = process.argv.slice(2)
  if (args.includes('--page')) return runProgram('bench/main.ts', args)
  const program = args.includes('--curves') ? 'bench/curves/main.ts' : 'bench/main.ts'
  if (args.includes('--draw')) return runProgram(program, args)
  const isTree = !args.includes('--commit') && (await isSourceChanged())
  const { revision, words } = whatToTest(args)
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-bench-program-'))
  try {
    const env = toolEnvironment({
      LOKI_BIN: (await findLoki()) ?? (await provideLoki()),
      BENCH_COMMIT: await commitOf(isTree, revision),
      ROWTAIL_ENTRY: join(directory, 'dist', 'main.js'),
      ...(await telegrafFor(words)),
    })
    await step(`rowtail of ${env.BENCH_COMMIT}`, () =>
      compileSubject(directory, isTree ? undefined : env.BENCH_COMMIT),
    )
    return await runProgram(program, words, env)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

/**
 * Whether the working tree is more than its last commit, as far as it is measured; without git it counts
 * as that.
 */
async function isSourceChanged() {
  return (await ask('git', ['status', '--porcelain', '--', 'src', 'package.json', 'tsconfig.json'])) !== ''
}

/** Its first build takes minutes: it is waited for here, so that no work's time holds it. */
async function telegrafFor(words) {
  const peers = words[words.indexOf('--peers') + 1] ?? ''
  const isLeftOut = words.includes('--peers') && !peers.split(',').includes('telegraf')
  if (isLeftOut || words.includes('--curves')) return {}
  let path = ''
  await step('Telegraf', async () => {
    path = await provideTelegraf()
  })
  return { TELEGRAF_BIN: path }
}
