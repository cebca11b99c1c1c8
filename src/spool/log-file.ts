// SQLite's write-ahead log, read without SQLite, which takes the first broken frame for the end of the log
// and forgets in silence what was committed behind it. Called by open.ts before a spool is opened, and by
// salvage.ts. The format: sqlite.org/fileformat2.html#walformat.

import { closeSync, copyFileSync, existsSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { statSync, writeFileSync, writeSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24
/** That of all spools; SQLite's default. */
const pageBytes = 4096
/** The last bit tells the byte order of the checksums. */
const magicLittleEndian = 0x377f0682
/** Where a database says that it has a log. */
const journalModeAt = 18

type Sums = readonly [number, number]

type Frame = {
  readonly page: number
  /** Pages of the database after this commit; 0 where it is none. */
  readonly pagesAfter: number
  /** As the log's other frames have them: frames of an earlier use of the file do not. */
  readonly salt: string
  readonly sums: Sums
  readonly bytes: DataView
}

/**
 * True where something was committed and synced behind a broken frame. A broken last commit is none: a cut
 * of the power leaves such a one, before it counted.
 */
export function isLogDamaged(path: string): boolean {
  const file = openLog(path)
  if (file === undefined) return false
  try {
    return isDamaged(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Writes the database that this one and its log make together, whatever their checksums say, to `target`. The
 * database may be missing, and pages of it are missing then.
 */
export function writeWithLog(path: string, target: string): void {
  if (existsSync(path)) copyFileSync(path, target)
  else writeFileSync(target, '')
  const log = openLog(path)
  if (log === undefined) return
  const file = openSync(target, 'r+')
  try {
    play(log, file)
  } finally {
    closeSync(file)
    closeSync(log)
  }
}

/** A log without a frame is as good as none. */
function openLog(path: string): number | undefined {
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  return size < headerBytes + frameHeaderBytes + pageBytes ? undefined : openSync(`${path}-wal`, 'r')
}

function isDamaged(file: number): boolean {
  const header = read(file, 0, headerBytes)
  const isLittleEndian = header.getUint32(0) === magicLittleEndian
  let sums = sumsOver(header, { end: 24, isLittleEndian, before: [0, 0] })
  if (!isEqual(sums, sumsAt(header, 24))) return true
  const salt = saltAt(header, 16)
  let isBroken = false
  let hasCommitBehind = false
  for (const frame of framesOf(file)) {
    const isOurs = frame.salt === salt
    if (!isBroken) {
      sums = sumsOfFrame(frame, { isLittleEndian, before: sums })
      isBroken = !isOurs || !isEqual(sums, frame.sums)
    }
    if (!isBroken || !isOurs) continue
    if (hasCommitBehind) return true
    hasCommitBehind = frame.pagesAfter > 0
  }
  return false
}

/** Up to the last commit. The first frame is always of the log's last use. */
function play(log: number, file: number): void {
  const [first] = framesOf(log)
  const isOfLastUse = ({ salt }: Frame): boolean => salt === first?.salt
  const pages = framesOf(log)
    .filter(isOfLastUse)
    .reduce((last, { pagesAfter }) => (pagesAfter > 0 ? pagesAfter : last), 0)
  let pending: Frame[] = []
  for (const frame of framesOf(log)) {
    if (!isOfLastUse(frame) || frame.page > pages) continue
    pending.push(frame)
    if (frame.pagesAfter === 0) continue
    for (const { page, bytes } of pending) {
      writeSync(file, bytes, frameHeaderBytes, pageBytes, (page - 1) * pageBytes)
    }
    pending = []
  }
  if (pages > 0) ftruncateSync(file, pages * pageBytes)
  writeSync(file, Uint8Array.of(1, 1), 0, 2, journalModeAt)
}

function* framesOf(file: number): Generator<Frame> {
  const sizeBytes = frameHeaderBytes + pageBytes
  for (let at = headerBytes; ; at += sizeBytes) {
    const bytes = read(file, at, sizeBytes)
    if (bytes.byteLength < sizeBytes) return
    const [page, pagesAfter] = [bytes.getUint32(0), bytes.getUint32(4)]
    yield { page, pagesAfter, salt: saltAt(bytes, 8), sums: sumsAt(bytes, 16), bytes }
  }
}

/** Fewer bytes at the end of the file. */
function read(file: number, at: number, sizeBytes: number): DataView {
  const bytes = new Uint8Array(sizeBytes)
  return new DataView(bytes.buffer, 0, readSync(file, bytes, 0, sizeBytes, at))
}

function saltAt(bytes: DataView, at: number): string {
  return `${bytes.getUint32(at)} ${bytes.getUint32(at + 4)}`
}

function sumsAt(bytes: DataView, at: number): Sums {
  return [bytes.getUint32(at), bytes.getUint32(at + 4)]
}

function isEqual(left: Sums, right: Sums): boolean {
  return left[0] === right[0] && left[1] === right[1]
}

type Summing = { readonly isLittleEndian: boolean; readonly before: Sums }

/** Over page number and commit, and the page. */
function sumsOfFrame({ bytes }: Frame, { isLittleEndian, before }: Summing): Sums {
  const sums = sumsOver(bytes, { end: 8, isLittleEndian, before })
  const page = new DataView(bytes.buffer, frameHeaderBytes, pageBytes)
  return sumsOver(page, { end: pageBytes, isLittleEndian, before: sums })
}

function sumsOver(
  bytes: DataView,
  { end, isLittleEndian, before }: Summing & { readonly end: number },
): Sums {
  let [first, second] = before
  for (let at = 0; at < end; at += 8) {
    first = (first + bytes.getUint32(at, isLittleEndian) + second) >>> 0
    second = (second + bytes.getUint32(at + 4, isLittleEndian) + first) >>> 0
  }
  return [first, second]
}
