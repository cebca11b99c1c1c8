// Processes that outlive the tests. Every process of a run inherits the run's token in its environment; what
// still carries it after the tests is a leak: it is ended and named.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const graceMs = 3_000

/** Ends what carries the token and does not leave by itself; returns the command lines of those. */
export async function endLeftovers(token) {
  const deadlineMs = performance.now() + graceMs
  while (pidsWith(token).length > 0 && performance.now() < deadlineMs) await sleep(50)
  const left = pidsWith(token)
  const commands = left.map((pid) => `${pid} ${readProc(pid, 'cmdline').replaceAll('\0', ' ')}`)
  for (const pid of left) endProcess(pid)
  return commands
}

function pidsWith(token) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => readProc(pid, 'environ').includes(token))
}

function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}
