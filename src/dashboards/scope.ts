// One configuration, as its dashboards, alerts and provisioning files know it, and the words by which the
// command `dashboards` knows a file again that it has written. Pure.

import { createHash } from 'node:crypto'
import type { Target } from '../core/target.ts'

export type Scope = {
  /** Of the target: the name of its state directory. */
  readonly name: string
  /** A short one that ends ids in Grafana, of which there is one dashboard each. */
  readonly id: string
  readonly host: string
  readonly database: string
}

export function scopeOf({ name, labels }: Target): Scope {
  return { name, id: createHash('sha256').update(name).digest('hex').slice(0, 8), ...labels }
}

/** In every file that the command writes, so that it may replace it later. */
export const writtenMark = 'Written by `rowtail dashboards`'

export function writtenFor({ name }: Scope): string {
  return `${writtenMark} for ${name}; its next run replaces this.`
}
