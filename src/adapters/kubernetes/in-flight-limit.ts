/** Runs tasks, at most `limit` of them at once; the others wait in order. */
export type InFlightLimit = <Result>(task: () => Promise<Result>) => Promise<Result>;

export function inFlightLimit(limit: number): InFlightLimit {
  let running = 0;
  const waiting: (() => void)[] = [];

  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed on, not given back: a task that comes in between cannot take it.
      if (next) next();
      else running -= 1;
    }
  };
}
