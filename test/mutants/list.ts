// All mutants that unit tests have to catch.

import type { Mutant } from './mutant.ts'
import { mutantsOfHosts } from './mutants-of-hosts.ts'
import { mutantsOfLoki } from './mutants-of-loki.ts'
import { mutantsOfShipper } from './mutants-of-shipper.ts'
import { mutantsOfSpool } from './mutants-of-spool.ts'
import { mutantsOfWorker } from './mutants-of-worker.ts'

export const unitMutants: readonly Mutant[] = [
  ...mutantsOfWorker,
  ...mutantsOfShipper,
  ...mutantsOfLoki,
  ...mutantsOfSpool,
  ...mutantsOfHosts,
]
