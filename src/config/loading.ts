// A metrics file while it is being read: what its parts need to know, and the faults they found so far.

import type { Node } from 'jsonc-parser'
import type { ErrorReport } from '../core/errors.ts'
import { type ConfigFault, hintOf } from './fault.ts'
import { placeAt } from './place.ts'

export type Loading = {
  readonly path: string
  readonly text: string
  readonly isSqream: boolean
  /** Names of the labels that every stream of this service has, beside rowtail's own. */
  readonly serviceLabels: readonly string[]
  readonly faults: ConfigFault[]
  readonly warnings: ErrorReport[]
}

export type FaultText = { readonly message: string; readonly hint?: string | undefined }

export function addFault(loading: Loading, node: Node, fault: FaultText): void {
  loading.faults.push({
    code: 'config_invalid',
    place: placeAt(loading.text, node.offset),
    message: fault.message,
    ...hintOf(fault.hint),
  })
}
