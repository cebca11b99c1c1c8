// What must be there before `npm test` can install the rest: Debian, root, Node and Go. Everything that is
// missing is named at once, with the command that cures it.

import { existsSync } from 'node:fs'
import { ask, StepError } from './steps.mjs'

const oldestNode = 20
const oldestGo = [1, 21]
const goRelease = '1.26.0'

/** @param {{ needsGo: boolean }} needs */
export async function checkRequirements({ needsGo }) {
  const faults = [checkNode(), checkDebian(), checkRoot(), needsGo ? await checkGo() : undefined]
  const missing = faults.filter((fault) => fault !== undefined)
  if (missing.length > 0) throw new StepError(['Missing before the tests can run:', ...missing].join('\n'))
}

/** The go command: from PATH, or from where its archive is unpacked by custom. */
export async function findGo() {
  for (const command of ['go', '/usr/local/go/bin/go']) {
    const version = await ask(command, ['env', 'GOVERSION'])
    if (version !== undefined) return { command, version: version.trim() }
  }
  return undefined
}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return undefined
  const command = 'apt-get install nodejs npm (Debian 13), or see https://nodejs.org/en/download'
  return `- Node ${oldestNode} or newer; this is ${process.versions.node}. Run: ${command}`
}

function checkDebian() {
  if (existsSync('/etc/debian_version')) return undefined
  const command = 'docker run --rm -it -v "$PWD":/rowtail -w /rowtail debian:12'
  return `- Debian, from whose packages the servers come. Run: ${command}`
}

function checkRoot() {
  if (process.getuid?.() === 0) return undefined
  return '- root, who installs packages and starts servers as another user. Run: sudo npm test'
}

async function checkGo() {
  const found = await findGo()
  if (found !== undefined && isNewEnough(found.version)) return undefined
  const has = found === undefined ? '' : `; ${found.command} is ${found.version}`
  return `- Go ${oldestGo.join('.')} or newer, which builds Loki${has}. Run: ${goCommand()}`
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^go/, '').split('.').map(Number)
  return major > oldestGo[0] || (major === oldestGo[0] && minor >= oldestGo[1])
}

function goCommand() {
  const machine = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const archive = `https://go.dev/dl/go${goRelease}.linux-${machine}.tar.gz`
  return `rm -rf /usr/local/go; curl -fsSL ${archive} | tar -xz -C /usr/local`
}
