// Collects a thread's garbage at set times. V8 waits until a heap has grown by 8 MB, for which the small ones
// here take half an hour and more: after nine minutes a worker held 10.5 MB and main 22.4; a collection left
// 8.2 and 13.5. Called once by the main thread and by each worker.

const everyMs = 5 * 60_000

/**
 * `share`, above 0 and up to 1: the thread's place within the 5 minutes. A collection takes 40 ms of CPU,
 * so all threads collect one after another.
 */
export function collectGarbageRegularly(share: number): void {
  const begin = () => {
    const collect = collectorOfThread()
    collect()
    setInterval(collect, everyMs).unref()
  }
  setTimeout(begin, share * everyMs).unref()
}

/** V8 offers it to contexts that are made while the flag is set. No thread needs these modules to start. */
function collectorOfThread(): () => void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  const { runInNewContext } = process.getBuiltinModule('node:vm')
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}
