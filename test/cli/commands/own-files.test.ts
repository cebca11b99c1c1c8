import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { writeOwnFiles } from '../../../src/cli/commands/own-files.ts'
import { reportOf } from '../../../src/core/errors.ts'
import { writtenMark } from '../../../src/dashboards/scope.ts'

const root = mkdtempSync(path.join(os.tmpdir(), 'rowtail-own-files-'))
afterAll(() => rmSync(root, { recursive: true }))
let directory = ''
beforeEach(() => {
  directory = mkdtempSync(path.join(root, 'out-'))
})

const files = [
  { path: 'a/one.json', text: `new ${writtenMark}` },
  { path: 'b/two.json', text: `new ${writtenMark}` },
]

function reportOfWriting(): unknown {
  try {
    writeOwnFiles(directory, files)
    return undefined
  } catch (error) {
    return reportOf(error)
  }
}

describe('files that only rowtail may have written before', () => {
  it('are written with their folders, and replace what rowtail wrote', () => {
    mkdirSync(path.join(directory, 'a'))
    writeFileSync(path.join(directory, 'a/one.json'), `old ${writtenMark}`)
    writeOwnFiles(directory, files)
    for (const { path: name, text } of files) {
      expect(readFileSync(path.join(directory, name), 'utf8')).toBe(text)
    }
  })

  it('are none of them written where one is of somebody else, who is named', () => {
    mkdirSync(path.join(directory, 'b'))
    const foreign = path.join(directory, 'b/two.json')
    writeFileSync(foreign, 'mine')
    expect(reportOfWriting()).toMatchObject({
      code: 'flag_invalid',
      message: `Nothing was written, for rowtail did not write what stands there: ${foreign}.`,
    })
    expect(readFileSync(foreign, 'utf8')).toBe('mine')
    expect(existsSync(path.join(directory, 'a'))).toBe(false)
  })

  it('are refused in a place that is no folder, with the words of the system', () => {
    writeFileSync(path.join(directory, 'a'), '')
    expect(reportOfWriting()).toMatchObject({
      code: 'flag_invalid',
      message: `${path.join(directory, 'a/one.json')} cannot be written.`,
      said: expect.stringMatching(/ENOTDIR|EEXIST/),
    })
  })
})
