/** Preloaded into a service of which a test waits for the jobs: they run ten times as often. */
const { setInterval } = globalThis;
globalThis.setInterval =
  ((work: () => void, ms?: number) => setInterval(work, ms && ms / 10)) as typeof setInterval;
