/** Work that was given up before it began, because its turn did not come in time. */
export class NotBegun extends Error {
  override name = "NotBegun";
}

/**
 * Bounds how much work is under way at once. The rest waits in the order of arrival.
 *
 * @returns a function that runs `work` in its turn, or throws `NotBegun` after `ms` of waiting
 */
export function createSemaphore(atOnce: number) {
  const waiting: (() => void)[] = [];
  let free = atOnce;

  function turn(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(begin), 1);
        reject(new NotBegun());
      }, ms);
      function begin() {
        clearTimeout(timer);
        resolve();
      }
      waiting.push(begin);
    });
  }

  return async function inTurn<T>(ms: number, work: () => Promise<T>): Promise<T> {
    if (free > 0) free--;
    else await turn(ms);
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
