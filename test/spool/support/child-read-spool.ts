// Reads a spool as the commands of `spool` do, over and over, until its channel closes. Parameters: path.
// Reports once what it has read, when it has read everything for the first time.

import { setImmediate } from 'node:timers/promises'
import { SpoolReader } from '../../../src/spool/reader.ts'

const [path = ''] = process.argv.slice(2)
const reader = new SpoolReader(path)
for (let rounds = 1; process.connected; rounds += 1) {
  const { streams } = reader.content()
  let bytes = 0
  for (const { stream } of streams) {
    for (const { id } of reader.chunks(stream)) {
      const body = reader.bodyOf(id)
      bytes += typeof body === 'string' ? 0 : body.byteLength
    }
  }
  for (
    let page = reader.deliveriesAfter(0);
    page.length > 0;
    page = reader.deliveriesAfter(page.at(-1)?.id ?? 0)
  ) {
    await setImmediate()
  }
  reader.lettersAfter(0)
  if (rounds === 1 || rounds % 50 === 0) process.send?.({ rounds, bytes })
  await setImmediate()
}
