// The last rows of a run, for people who look at the status page: at most five, each cut at 2 KiB. The poll
// loop feeds it with the lines as they pass; it keeps copies, because the lines' buffer is used again.

const maxLatestRows = 5
export const maxLatestRowBytes = 2_048

const newline = 10

export class LatestRows {
  #lines: Buffer[] = []

  begin(): void {
    this.#lines = []
  }

  /** Whole lines, each ended by a newline; only the last few are looked at. */
  add(lines: Uint8Array): void {
    const last: Buffer[] = []
    for (let end = lines.length - 1; end > 0 && last.length < maxLatestRows; ) {
      const start = lines.lastIndexOf(newline, end - 1) + 1
      last.unshift(Buffer.from(lines.subarray(start, Math.min(end, start + maxLatestRowBytes + 1))))
      end = start - 1
    }
    this.#lines = [...this.#lines, ...last].slice(-maxLatestRows)
  }

  /** Oldest first; a row that was cut ends with "…". */
  texts(): string[] {
    return this.#lines.map((line) =>
      line.length <= maxLatestRowBytes ? line.toString() : `${withoutBrokenEnd(line)}…`,
    )
  }
}

/** The cut may have gone through a character of several bytes. */
function withoutBrokenEnd(line: Buffer): string {
  return line.toString('utf8', 0, maxLatestRowBytes).replace(/\uFFFD+$/, '')
}
