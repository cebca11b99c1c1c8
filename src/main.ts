#!/usr/bin/env node
// Where the process begins. It hides secrets of its command line, checks that Node is new enough, and only
// then loads the program: no static import, because an older Node could not even parse what is imported. It
// runs whenever it is loaded: under pm2 import.meta.main is false and argv[1] is pm2's own file.

const neededMajor = 24

hideSecrets()
if (isNodeTooOld()) refuseNode()
else await start()
endUnderParent()

async function start(): Promise<void> {
  const { main } = await import('./cli/index.ts')
  await main(process.argv.slice(2))
}

/** The channel that a parent such as pm2 opened keeps a process alive that has nothing left to do. */
function endUnderParent(): void {
  if (process.connected) process.exit()
}

/** The new title overwrites the arguments in memory, and with them what `ps` and /proc show. */
function hideSecrets(): void {
  const isSecret = /^--?\w*(?:pass|token|secret|connection)/i
  if (process.argv.slice(2).some((argument) => isSecret.test(argument) || /:\/\/[^/]*@/.test(argument))) {
    process.title = 'rowtail'
  }
}

function isNodeTooOld(): boolean {
  return Number(process.versions.node.split('.')[0]) < neededMajor
}

function refuseNode(): void {
  process.stderr.write(
    `rowtail needs Node ${neededMajor} or newer; this is ${process.versions.node}.\n` +
      'Run it with a newer one:\n' +
      '  npx -p node@24 rowtail …               an installed rowtail\n' +
      '  node_modules/.bin/node dist/main.js …  a clone, after npm ci\n',
  )
  process.exitCode = 2
}
