import { describe, expect, it } from 'vitest'
import { renamedByJson } from '../../../src/sinks/loki/json-names.ts'

const taken = ['job', 'host', 'database', 'run_id']
const renamed = (row: object) => renamedByJson(JSON.stringify(row), taken)

describe('columns that `| json` renames', () => {
  it('are those whose name the entry has already', () => {
    expect(renamed({ host: 1, hosts: 2, run_id: 3 })).toEqual([
      { column: 'host', renamed: 'host_extracted' },
      { column: 'run_id', renamed: 'run_id_extracted' },
    ])
  })

  it.each([
    ['a.b', 'a_b'],
    ['2nd', '_2nd'],
    ['größe', 'gr__e'],
    ['a😀b', 'a_b'],
    ['job!', 'job_'],
    ['.job', '_job'],
  ])('are those with characters that no label has: %s', (column, name) => {
    expect(renamed({ [column]: 1 })).toEqual([{ column, renamed: name }])
  })

  it('are none of a plain row', () => {
    expect(renamed({ id: 1, Name_2: 'x', _x: null })).toEqual([])
    expect(renamedByJson('{"__proto__":1}', taken)).toEqual([])
  })

  it('are none of what is no row', () => {
    expect(renamedByJson('null', taken)).toEqual([])
    expect(renamedByJson('5', taken)).toEqual([])
  })
})
