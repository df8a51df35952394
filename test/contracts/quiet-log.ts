import type { Log } from '../../src/flows/ports/clock.ts';

/** Keeps what was logged, for tests that look at it. */
export function quietLog(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = (facts: object, message: string): void => {
    lines.push(
      `${message} ${JSON.stringify(facts, (_key, value) => (value instanceof Error ? `${value.name}: ${value.message}` : value))}`,
    );
  };
  return { lines, debug: () => {}, info: keep, warn: keep, error: keep };
}
