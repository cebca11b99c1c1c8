// What can be said of the Dockerfile without Docker: a linter of Dockerfiles finds nothing, and everything
// that it copies is in the repository and let through by .dockerignore.

import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../src/cli/program-arguments.ts'

process.chdir(dirname(import.meta.dirname))

const dockerfile = readFileSync('Dockerfile', 'utf8')
const instructions = dockerfile.replaceAll('\\\n', ' ').split('\n')

describe('the Dockerfile', () => {
  it('has no fault that its linter finds', () => {
    expect(faultsOf(dockerfile)).toEqual([])
    expect(faultsOf('FROM node\nRUNN x\nMAINTAINER y')).toEqual([
      'Unknown instruction: RUNN',
      'MAINTAINER has been deprecated',
    ])
  })

  it('copies what is there, and what .dockerignore lets through', () => {
    const copied = argumentsOf('COPY').filter((words) => !words.includes('--from'))
    const sources = copied.flatMap((words) => words.split(/\s+/).slice(0, -1))
    const admitted = readFileSync('.dockerignore', 'utf8').split('\n')
    expect(sources).toContain('src')
    expect(sources.filter((source) => !existsSync(source))).toEqual([])
    expect(sources.filter((source) => !admitted.includes(`!${source}`))).toEqual([])
    expect(admitted).toContain('*')
  })

  it('runs as a user by number that is not root, and keeps its state in a volume of that user', () => {
    expect(argumentsOf('USER')).toEqual(['1000:1000'])
    expect(argumentsOf('VOLUME')).toEqual(['/var/lib/rowtail'])
    expect(dockerfile).toContain('ROWTAIL_STATE_DIR=/var/lib/rowtail')
  })

  it('is built as the package is', () => {
    // Our own file.
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(argumentsOf('RUN').some((command) => command.startsWith(`${scripts['build']} &&`))).toBe(true)
  })

  it('takes the Node that development runs on', () => {
    // Our own file.
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      devDependencies: Record<string, string>
    }
    const major = devDependencies['node']?.split('.')[0]
    expect(argumentsOf('FROM')).toEqual([`node:${major}-slim AS build`, `node:${major}-slim`])
  })
})

describe('the page on Docker', () => {
  const page = readFileSync('docs/run-under/docker.md', 'utf8')

  it('shows flags that rowtail knows', () => {
    const command = /\n {4}rowtail (--[\s\S]*?)\n```/.exec(page)?.[1] ?? ''
    const words = command.replaceAll('\\\n', ' ').trim().split(/\s+/)
    expect(words).toContain('--listen')
    expect(parseArguments(words)).toMatchObject({ command: 'run', faults: [] })
  })

  it('shows an image of your own without faults', () => {
    const image = /```dockerfile\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    expect(image).toContain('FROM rowtail')
    expect(faultsOf(image)).toEqual([])
  })
})

function faultsOf(text: string): string[] {
  return validate(text).map(({ message }) => (typeof message === 'string' ? message : message.value))
}

function argumentsOf(instruction: string): string[] {
  return instructions
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length + 1).trim())
}
