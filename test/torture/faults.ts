// Makes faults happen, and ends them. Faults of one subject (rowtail, Loki's process, the way to it…) follow
// one another; those of different subjects overlap as the plan has it.

import { pause, waitFor } from '../support/servers/waiting.ts'
import type { Fault, PlannedFault } from './plan.ts'
import type { Subject } from './subject.ts'
import { proxies, type World } from './world.ts'

type Stage = { readonly subject: Subject; readonly world: World }

/** Resolves when all faults have happened and ended. */
export async function inflict(faults: readonly PlannedFault[], stage: Stage): Promise<void> {
  const startMs = performance.now()
  const lanes = Map.groupBy(faults, laneOf)
  const run = async (lane: readonly PlannedFault[]): Promise<void> => {
    for (const fault of lane) {
      await pause(Math.max(0, fault.atMs - (performance.now() - startMs)))
      stage.subject.look()
      await happen(fault, stage)
    }
  }
  await Promise.all([...lanes.values()].map(run))
}

/** What counts as one fault in the summary: `loki network: slow`. */
export function nameOf(fault: Fault): string {
  if ('toxic' in fault) return `${fault.kind}: ${fault.toxic}`
  if ('how' in fault) return `${fault.kind}: ${fault.how}`
  if ('answer' in fault) return `${fault.kind}: ${fault.answer}`
  return fault.kind
}

function laneOf({ kind }: Fault): string {
  const [first = ''] = kind.split(' ')
  if (['kill', 'term', 'backlog', 'power', 'rowtail', 'worker'].includes(first)) return 'rowtail'
  return kind.endsWith('network') || kind.endsWith('answers') ? kind : first
}

async function happen(fault: Fault, { subject, world }: Stage): Promise<void> {
  const { loki, postgres, scripted, toxiproxy } = world
  switch (fault.kind) {
    case 'kill main':
      await subject.killMain()
      return void (await subject.start({ polls: true }))
    case 'kill both':
      await subject.killBoth()
      return void (await subject.start({ polls: true }))
    case 'rowtail hung': {
      const goOn = subject.hang()
      await pause(fault.forMs)
      return goOn()
    }
    case 'worker crash':
      return subject.crashWorker(fault)
    case 'power cut':
      await subject.cutPower()
      return void (await subject.start({ polls: true }))
    case 'disk full':
      subject.disk?.fill()
      await pause(fault.forMs)
      return subject.disk?.free()
    case 'term':
      await subject.term()
      return void (await subject.start({ polls: true }))
    case 'kill host':
      return subject.killHosts()
    case 'loki killed':
      await loki.kill()
      await pause(fault.forMs)
      return loki.start()
    case 'loki stopped':
      await loki.stop()
      await pause(fault.forMs)
      return loki.start()
    case 'loki hung':
      loki.pause()
      await pause(fault.forMs)
      return loki.resume()
    case 'database stopped':
      await postgres.stop()
      await pause(fault.forMs)
      return postgres.start()
    case 'database hung':
      postgres.pause()
      await pause(fault.forMs)
      return postgres.resume()
    case 'loki network':
    case 'database network': {
      const names = fault.kind === 'loki network' ? proxies.loki : proxies.database
      for (const name of names) await toxiproxy.afflict(name, fault.toxic)
      await pause(fault.forMs)
      for (const name of names) await toxiproxy.relieve(name, fault.toxic)
      return
    }
    case 'loki answers':
      return scripted.script(fault.answer, fault.pushes)
    case 'clock stepped':
      subject.setClock(fault.byMs)
      await pause(fault.forMs)
      return subject.setClock(0)
    case 'backlog of hours':
      return ageBacklog(fault.ageMs, { subject, world })
  }
}

/** In a stream of its own: a Loki that had newer rows of it would refuse old ones with good reason. */
async function ageBacklog(ageMs: number, { subject, world }: Stage): Promise<void> {
  await subject.term()
  for (const name of proxies.loki) await world.toxiproxy.afflict(name, 'refused')
  subject.era += 1
  await subject.start({ polls: true })
  await moreWaiting(subject)
  await subject.term()
  subject.ageBacklog(ageMs)
  await subject.start({ polls: true })
  await moreWaiting(subject) // rows of now behind those of hours ago
  for (const name of proxies.loki) await world.toxiproxy.relieve(name, 'refused')
}

/** Where another fault keeps rows away, the backlog stays a short one. */
async function moreWaiting(subject: Subject): Promise<void> {
  const before = subject.look().map(({ waiting }) => waiting.length)
  const hasMore = () =>
    subject.look().every(({ waiting }, index) => waiting.length > (before[index] ?? 0) + 5)
  await waitFor(hasMore, { what: 'a backlog', timeoutMs: 10_000, everyMs: 50 }).catch(() => undefined)
}
