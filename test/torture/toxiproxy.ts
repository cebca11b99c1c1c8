// Toxiproxy in front of Loki and the database: faults of the network by name, put on and taken off at once.

import { freePort } from '../support/servers/ports.ts'
import { killTree, launch, type Launched } from '../support/servers/processes.ts'
import { waitFor } from '../support/servers/waiting.ts'

/** Directions as the client sees them: `asked` towards the server, `answered` back. */
const toxics = {
  slow: { type: 'latency', stream: 'downstream', attributes: { latency: 300, jitter: 200 } },
  'thin line': { type: 'bandwidth', stream: 'upstream', attributes: { rate: 20 } },
  'hang asked': { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } },
  'hang answered': { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } },
  'reset asked': { type: 'reset_peer', stream: 'upstream', attributes: { timeout: 20 } },
  'reset answered': { type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } },
  'cut asked': { type: 'limit_data', stream: 'upstream', attributes: { bytes: 700 } },
  'cut answered': { type: 'limit_data', stream: 'downstream', attributes: { bytes: 30 } },
} as const

export type ToxicName = keyof typeof toxics | 'refused'

export const toxicNames: readonly ToxicName[] = [
  'slow',
  'thin line',
  'hang asked',
  'hang answered',
  'reset asked',
  'reset answered',
  'cut asked',
  'cut answered',
  'refused',
]

export class Toxiproxy {
  readonly #process: Launched
  readonly #url: string
  /** How many faults refuse at a proxy now: it opens when the last of them ends. */
  readonly #refusals = new Map<string, number>()

  private constructor(process: Launched, url: string) {
    this.#process = process
    this.#url = url
  }

  static async start(program: string): Promise<Toxiproxy> {
    const port = await freePort()
    const process = await launch(program, ['-host', '127.0.0.1', '-port', String(port)])
    const url = `http://127.0.0.1:${port}`
    const answers = (): Promise<boolean> =>
      fetch(`${url}/version`).then(
        ({ ok }) => ok,
        () => false, // not listening yet
      )
    await waitFor(answers, { what: 'toxiproxy', timeoutMs: 10_000 })
    return new Toxiproxy(process, url)
  }

  /** Returns the port that leads to `upstream` from now on. */
  async proxy(name: string, upstream: string): Promise<number> {
    const port = await freePort()
    await this.#post('/proxies', { name, listen: `127.0.0.1:${port}`, upstream, enabled: true })
    return port
  }

  async afflict(proxy: string, toxic: ToxicName): Promise<void> {
    if (toxic === 'refused') await this.#refuse(proxy, 1)
    else await this.#post(`/proxies/${proxy}/toxics`, { name: toxic, toxicity: 1, ...toxics[toxic] })
  }

  async relieve(proxy: string, toxic: ToxicName): Promise<void> {
    if (toxic === 'refused') await this.#refuse(proxy, -1)
    else await this.#ask('DELETE', `/proxies/${proxy}/toxics/${encodeURIComponent(toxic)}`)
  }

  /** Takes off everything from all proxies. */
  async heal(): Promise<void> {
    this.#refusals.clear()
    await this.#post('/reset', {})
  }

  async stop(): Promise<void> {
    await killTree(this.#process)
  }

  #refuse(proxy: string, change: 1 | -1): Promise<void> {
    const refusals = Math.max(0, (this.#refusals.get(proxy) ?? 0) + change)
    this.#refusals.set(proxy, refusals)
    return this.#post(`/proxies/${proxy}`, { enabled: refusals === 0 })
  }

  #post(path: string, body: object): Promise<void> {
    return this.#ask('POST', path, JSON.stringify(body))
  }

  async #ask(method: 'POST' | 'DELETE', path: string, body: string | null = null): Promise<void> {
    // A kept connection may just have been closed there, which a harness that reads spools hears late.
    const headers = { connection: 'close' }
    const response = await fetch(this.#url + path, { method, body, headers })
    if (!response.ok) throw new Error(`toxiproxy, ${path}: ${response.status} ${await response.text()}`)
  }
}
