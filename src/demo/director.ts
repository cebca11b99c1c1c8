// What the keys of the demo do, and what it says beside the service's own log: where to look, what was done,
// how the spools grow and drain. The command `demo` feeds it with the service's events and with keys.

import type { RowtailEvent } from '../core/events.ts'
import { countOf } from '../core/quantity.ts'
import { createBacklogVoice } from './backlog.ts'
import type { Stage } from './stage.ts'

export type Director = {
  readonly observe: (event: RowtailEvent) => void
  readonly key: (key: string) => void
}

export type DirectorOptions = {
  readonly stage: Pick<Stage, 'receiver' | 'database'>
  /** Where rows go, without a path. */
  readonly lokiUrl: string
  /** A line of the log. */
  readonly say: (event: string, message: string) => void
  /** Text for the person at the terminal. */
  readonly print: (text: string) => void
  /** Ends the service. */
  readonly stop: () => void
  /** SIGKILL to a driver host. */
  readonly kill: (pid: number) => void
}

export function createDirector(options: DirectorOptions): Director {
  const { stage, say, print, stop, kill, lokiUrl } = options
  const hosts = new Set<number>()
  const tellBacklog = createBacklogVoice()
  let isHung = false
  let hostsToReturn = 0
  let isStopping = false

  function observe(event: RowtailEvent): void {
    if (event.type === 'host.started') welcome(event.pid)
    if (event.type === 'host.lost') hosts.delete(event.pid)
    if (event.type === 'service.stopping') isStopping = true
    if (event.type === 'service.ready') print(guide(lokiUrl, event.listen))
    const backlog = tellBacklog(event)
    if (backlog !== undefined) say('demo.backlog', backlog)
  }

  function welcome(pid: number): void {
    hosts.add(pid)
    if (hostsToReturn === 0) return
    hostsToReturn -= 1
    if (hostsToReturn === 0) say('demo.hosts_back', 'all driver hosts are back')
  }

  async function toggleLoki(): Promise<void> {
    const { receiver } = stage
    if (receiver === undefined) return say('demo.loki', 'only a Loki of the demo can be taken away')
    if (!receiver.isAway) {
      await receiver.leave()
      return say('demo.loki_away', 'Loki is taken away: rows wait on disk until it is given back (l)')
    }
    const isBack = await receiver.comeBack().then(
      () => true,
      () => false,
    )
    if (isBack)
      say(
        'demo.loki_back',
        'Loki is given back: at the next try, within half a minute, all goes out, oldest first',
      )
    else say('demo.loki_away', 'Loki cannot come back: another program has taken its port meanwhile')
  }

  function toggleHang(): void {
    isHung = !isHung
    stage.database.setHung(isHung)
    if (isHung) say('demo.hung', 'show_locks gets no answer from now on: it fails at its deadline, alone')
    else say('demo.freed', 'show_locks gets answers again, with its next run')
  }

  function crash(): void {
    say('demo.crash', `${countOf(hosts.size, 'driver host')} killed (SIGKILL): new ones take over at once`)
    hostsToReturn = hosts.size
    for (const pid of hosts) kill(pid)
  }

  return {
    observe,
    key(key) {
      if (isStopping) return
      if (key === 'l') void toggleLoki()
      if (key === 'h') toggleHang()
      if (key === 'c') crash()
      if (key === 'q') stop()
    },
  }
}

function guide(lokiUrl: string, statusUrl: string | undefined): string {
  return `
  A database that lives is asked every few seconds, and every row of its answers goes to Loki.

  status   ${statusUrl ?? 'not shown (--listen)'}
  Loki     ${lokiUrl}   (Grafana: a Loki data source of this address)
  rows     curl -sG ${lokiUrl}/loki/api/v1/query_range --data-urlencode 'query={job="show_locks"} | json'

  l  take Loki away, and give it back       h  let show_locks hang, and free it
  c  crash the database driver              q  end, as Ctrl-C does; nothing is left behind

`
}
