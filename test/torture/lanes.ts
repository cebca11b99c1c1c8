// Runs the rounds of a batch in lanes: each has servers of its own and takes the next round when its last one
// is over, so that nothing but the machine is shared. A round that cannot be run to its end is a finding,
// and its lane goes on with new servers.

import type { TortureArguments } from './arguments.ts'
import { dealt } from './dealing.ts'
import { type Plan, without } from './plan.ts'
import { type RoundResult, runRound } from './round.ts'
import { scenarioPlan } from './scenarios.ts'
import { SmallDisk } from './small-disk.ts'
import { startWorld, stopWorld, type World } from './world.ts'

type Task = {
  readonly options: TortureArguments
  /** No further round begins once it is aborted. */
  readonly signal: AbortSignal
  readonly isDone: (round: number) => boolean
  /** Called with each round's result, whose directory is removed afterwards. */
  readonly told: (result: RoundResult) => void
}

/** A large round does not begin later than that before the end. */
const largeRoundMs = 90_000

/** Resolves when all rounds are over, or no more may begin. */
export async function runLanes({ options, signal, isDone, told }: Task): Promise<void> {
  const { seed, scenario, minutes, lanes } = options
  const planOf = (round: number): Plan => scenarioPlan(scenario, seed, round)
  const isLarge = (round: number): boolean => planOf(round).shape !== 'light'
  const rounds = dealt(options, { isDone, isLarge })
  const deadlineMs = performance.now() + minutes * 60_000
  const next = (): number | undefined => {
    const leftMs = signal.aborted ? 0 : deadlineMs - performance.now()
    const index = rounds.findIndex((round) => leftMs > (isLarge(round) ? largeRoundMs : 0))
    return index < 0 ? undefined : rounds.splice(index, 1)[0]
  }
  const canFill = SmallDisk.canMount()
  const lane = async (): Promise<void> => {
    let world: World | undefined
    for (let round = next(); round !== undefined; round = next()) {
      // Between the choice of a port and its use, somebody else may take it: then once more.
      world ??= await startWorld().catch(startWorld)
      const plan = canFill ? planOf(round) : without(planOf(round), 'disk full')
      const result = await runRound(plan, world)
      told(result)
      await result.subject.remove()
      if (result.findings.some(({ kind }) => kind === 'broken round')) {
        await stopWorld(world)
        world = undefined
      }
    }
    if (world !== undefined) await stopWorld(world)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, rounds.length) }, lane))
}
