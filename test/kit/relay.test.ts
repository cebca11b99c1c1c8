import { describe, expect, it } from 'vitest'
import { createRelay } from '../../src/kit/relay.ts'

describe('a relay', () => {
  it('keeps what was told before somebody listens, up to its bound, and passes on what follows', () => {
    const relay = createRelay<number>(2)
    for (const number of [1, 2, 3]) relay.tell(number)
    const heard: number[] = []
    relay.listen((number) => heard.push(number))
    relay.tell(4)
    expect(heard).toEqual([1, 2, 4])
  })

  it('keeps nothing once it is closed', () => {
    const relay = createRelay<number>(2)
    relay.tell(1)
    relay.close()
    relay.tell(2)
    const heard: number[] = []
    relay.listen((number) => heard.push(number))
    expect(heard).toEqual([])
  })
})
