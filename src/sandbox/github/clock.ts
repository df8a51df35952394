export interface SandboxClock {
  /** The sandbox's present, in whole seconds as GitHub's timestamps are. */
  now(): Date;
  /** Moves the present forward; it never goes back. */
  advance(ms: number): void;
}

export function sandboxClock(base: () => Date): SandboxClock {
  let offsetMs = 0;
  return {
    now: () => new Date(Math.floor((base().getTime() + offsetMs) / 1000) * 1000),
    advance(ms) {
      if (ms < 0)
        throw new RangeError(`The sandbox's clock cannot go back by ${-ms} ms; advance it by a positive time.`);
      offsetMs += ms;
    },
  };
}

/** GitHub's form of a moment: `2026-01-31T12:00:00Z`, without fractions. */
export const timestamp = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

export const optionalTimestamp = (date: Date | null): string | null => (date === null ? null : timestamp(date));
