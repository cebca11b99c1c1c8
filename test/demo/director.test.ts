import { describe, expect, it } from 'vitest'
import type { Receiver } from '../../src/demo/receiver/receiver.ts'
import { createDirector, type Director } from '../../src/demo/director.ts'

type Stage = { readonly director: Director; readonly did: string[]; readonly printed: () => string }

/** A director whose deeds are on record. */
function directing(receiver?: Receiver): Stage {
  const did: string[] = []
  let printed = ''
  const director = createDirector({
    stage: {
      receiver,
      database: {
        advance: () => did.push('advance'),
        setHung: (isHung) => did.push(isHung ? 'hang' : 'free'),
        close: () => did.push('close'),
      },
    },
    lokiUrl: 'http://127.0.0.1:3110',
    say: (event) => did.push(event),
    print: (text) => (printed += text),
    stop: () => did.push('stop'),
    kill: (pid) => did.push(`kill ${pid}`),
  })
  return { director, did, printed: () => printed }
}

function receiverThat(comeBack: () => Promise<void>): Receiver {
  const state = { isAway: false }
  return {
    baseUrl: 'http://127.0.0.1:3110',
    get isAway() {
      return state.isAway
    },
    leave: async () => void (state.isAway = true),
    comeBack: () => comeBack().then(() => void (state.isAway = false)),
    close: async () => {},
  }
}

describe('the keys of the demo', () => {
  it('take Loki away and give it back', async () => {
    const { director, did } = directing(receiverThat(async () => {}))
    director.key('l')
    await expect.poll(() => did).toEqual(['demo.loki_away'])
    director.key('l')
    await expect.poll(() => did).toEqual(['demo.loki_away', 'demo.loki_back'])
  })

  it('leave Loki away where its port is taken, and a real Loki alone', async () => {
    const { director, did } = directing(receiverThat(() => Promise.reject(new Error('EADDRINUSE'))))
    director.key('l')
    await expect.poll(() => did).toHaveLength(1)
    director.key('l')
    await expect.poll(() => did).toEqual(['demo.loki_away', 'demo.loki_away'])
    const real = directing()
    real.director.key('l')
    expect(real.did).toEqual(['demo.loki'])
  })

  it('let a query hang and free it', () => {
    const { director, did } = directing()
    director.key('h')
    director.key('h')
    expect(did).toEqual(['hang', 'demo.hung', 'free', 'demo.freed'])
  })

  it('kill the driver hosts that run, and tell when all are back', () => {
    const { director, did } = directing()
    const atMs = 0
    const started = (pid: number) => director.observe({ type: 'host.started', role: 'main', pid, atMs })
    const error = { code: 'host_crashed', message: 'It is gone.' } as const
    for (const pid of [1, 2, 3]) started(pid)
    director.observe({ type: 'host.lost', role: 'main', pid: 2, error, atMs })
    director.key('c')
    expect(did).toEqual(['demo.crash', 'kill 1', 'kill 3'])
    started(4)
    expect(did).toHaveLength(3)
    started(5)
    expect(did.at(-1)).toBe('demo.hosts_back')
  })

  it('end the service once, and do nothing while it ends', () => {
    const { director, did } = directing()
    director.key('x')
    director.key('q')
    director.observe({ type: 'service.stopping', cause: 'SIGINT', atMs: 0 })
    for (const key of ['q', 'c', 'h', 'l']) director.key(key)
    expect(did).toEqual(['stop'])
  })
})

describe('the guide', () => {
  it('is printed when the service is ready, with where to look', () => {
    const { director, printed } = directing()
    expect(printed()).toBe('')
    director.observe({ type: 'service.ready', listen: 'http://127.0.0.1:9464', atMs: 0 })
    expect(printed()).toContain('status   http://127.0.0.1:9464\n')
    expect(printed()).toContain('Loki     http://127.0.0.1:3110 ')
    expect(
      printed()
        .split('\n')
        .filter((line) => line.length > 120),
    ).toEqual([])
  })
})
