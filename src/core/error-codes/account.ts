// What is to be said of an error code once and for all. Each report says beside it what happened this time.

export type ErrorAccount = {
  /** What is the matter, in a sentence or two of Markdown. */
  readonly means: string
  /** What it mostly comes from. */
  readonly cause?: string
  /** What to do about it. */
  readonly cure: string
  /** It ends a start, with exit code 3; later it is waited out. */
  readonly endsStart?: true
}
