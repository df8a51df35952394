/** Timers that end together, so that a stopped cluster leaves nothing behind. */
export interface Timers {
  after(delayMs: number, run: () => void): void;
  stopAll(): void;
}

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  return {
    after(delayMs, run) {
      const timer = setTimeout(() => {
        running.delete(timer);
        run();
      }, delayMs);
      running.add(timer);
    },
    stopAll() {
      running.forEach(clearTimeout);
      running.clear();
    },
  };
}
