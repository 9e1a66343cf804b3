/**
 * Resolves in the next turn of the event loop. A job that runs many statements waits for it between
 * them: the embedded driver is synchronous, so without it no request is answered until the job ends.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
