/** The service for a test that waits for the jobs: they run ten times as often. */
export { default } from "../../main.ts";

const { setInterval } = globalThis;
globalThis.setInterval =
  ((work: () => void, ms?: number) => setInterval(work, ms && ms / 10)) as typeof setInterval;
