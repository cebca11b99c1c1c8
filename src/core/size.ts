// Byte sizes as people write them: `256MiB`, `2GiB`, `1MB`, or plain bytes. KB, MB, GB and TB count by
// 1000, KiB, MiB, GiB and TiB by 1024.

const units = {
  B: 1,
  KB: 1_000,
  MB: 1_000 ** 2,
  GB: 1_000 ** 3,
  TB: 1_000 ** 4,
  KIB: 1_024,
  MIB: 1_024 ** 2,
  GIB: 1_024 ** 3,
  TIB: 1_024 ** 4,
} as const

/** Whole bytes of a written size, or undefined where it is none. Case of the unit does not matter. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)?$/i.exec(text.trim())
  if (match === null) return undefined
  const unit = (match[2] ?? 'B').toUpperCase()
  const factor = Object.entries(units).find(([name]) => name === unit)?.[1]
  if (factor === undefined) return undefined
  const sizeBytes = Number(match[1]) * factor
  return Number.isInteger(sizeBytes) && Number.isSafeInteger(sizeBytes) ? sizeBytes : undefined
}

/** The shortest exact spelling: 268435456 is `256MiB`, 1000000 is `1MB`, 1001 is `1001B`. */
export function formatSize(sizeBytes: number): string {
  for (const [unit, factor] of [
    ['TiB', units.TIB],
    ['TB', units.TB],
    ['GiB', units.GIB],
    ['GB', units.GB],
    ['MiB', units.MIB],
    ['MB', units.MB],
    ['KiB', units.KIB],
    ['KB', units.KB],
  ] as const) {
    if (sizeBytes > 0 && sizeBytes % factor === 0) return `${sizeBytes / factor}${unit}`
  }
  return `${sizeBytes}B`
}
