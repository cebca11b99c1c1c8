// Steps of a script: each prints one line with its time and is quiet otherwise; a terminal shows its name
// while it lasts. A step that fails shows the end of what its commands wrote. Runs on Node 20 with nothing
// installed.

import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A failure whose message is for the person at the terminal: shown without a stack. */
export class StepError extends Error {}

const tailLines = 40
const keptOutputLength = 256 * 1024

/**
 * Runs `work` and prints its name and time, with what `work` returns as a remark.
 * @param {string} name
 * @param {() => Promise<string | void>} work
 */
export async function step(name, work) {
  const startMs = performance.now()
  const seconds = () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`
  const { isTTY } = process.stdout
  if (isTTY) process.stdout.write(`… ${name}`)
  const end = isTTY ? '\r\u001B[K' : ''
  try {
    const remark = await work()
    console.log(`${end}✓ ${name} ${seconds()}${remark ? ` (${remark})` : ''}`)
  } catch (error) {
    console.log(`${end}✗ ${name} ${seconds()}`)
    throw error
  }
}

/**
 * Runs a command to its end and returns what it wrote; rejects with the end of that when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>}
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = process.env } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (piece) => {
      output = (output + piece).slice(-keptOutputLength)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.once('error', (error) => reject(new StepError(`${command}: ${error.message}`)))
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output)
      else
        reject(new StepError(`${[command, ...args].join(' ')} ended with ${signal ?? code}\n${tail(output)}`))
    })
  })
}

/** What a command writes, or undefined when it fails or does not exist. */
export function ask(command, args) {
  return run(command, args).catch(() => undefined)
}

/** The environment in which `node` and every tool is the one that npm installed here. */
export function toolEnvironment(extra = {}) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  return { ...process.env, PATH: path, ...extra }
}

/** Runs a script's main function: a StepError is a message and exit code 1, anything else is a bug. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

/** The last lines of a command's output. */
function tail(output) {
  return output.trimEnd().split('\n').slice(-tailLines).join('\n')
}
