// Permission cases as somebody who has none: root reads everything, so the tests give its rights up for a
// moment.

const nobody = 65_534

/** Runs `work`, which must be synchronous, as an unprivileged user. */
export function asOtherUser<Result>(work: () => Result): Result {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(nobody)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}
