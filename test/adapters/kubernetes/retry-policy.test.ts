import { describe, expect, it } from 'vitest';
import { pauseBeforeRetry, retryAfterMs } from '../../../src/adapters/kubernetes/retry-policy.ts';

const budgetMs = 30_000;

describe('asking again', () => {
  it.each(['read', 'dry-run', 'write'] as const)(
    'waits as long as a busy server says before a %s is sent again',
    (repeatability) => {
      expect(
        pauseBeforeRetry({ number: 1, outcome: 429, retryAfterMs: 2000, waitedMs: 0 }, repeatability, budgetMs),
      ).toBe(2000);
      expect(
        pauseBeforeRetry({ number: 9, outcome: 429, retryAfterMs: 2000, waitedMs: 28_000 }, repeatability, budgetMs),
      ).toBe(2000);
      expect(
        pauseBeforeRetry({ number: 9, outcome: 429, retryAfterMs: 2000, waitedMs: 28_001 }, repeatability, budgetMs),
      ).toBeUndefined();
      expect(pauseBeforeRetry({ number: 1, outcome: 429, waitedMs: 0 }, repeatability, budgetMs)).toBe(1000);
    },
  );

  it.each([
    ['read', 500, true],
    ['read', 503, true],
    ['read', 'passing-fault', true],
    ['read', 'lasting-fault', false],
    ['read', 404, false],
    ['dry-run', 500, false],
    ['dry-run', 503, true],
    ['dry-run', 'passing-fault', true],
    ['write', 500, false],
    ['write', 503, false],
    ['write', 'passing-fault', false],
  ] as const)('after a %s that came to %s: %s', (repeatability, outcome, again) => {
    expect(pauseBeforeRetry({ number: 1, outcome, waitedMs: 0 }, repeatability, budgetMs) !== undefined).toBe(again);
  });

  it('backs off, and gives up after the third attempt', () => {
    const pauses = [1, 2, 3].map((number) => pauseBeforeRetry({ number, outcome: 502, waitedMs: 0 }, 'read', budgetMs));
    expect(pauses).toEqual([100, 400, undefined]);
  });

  it('reads whole seconds only', () => {
    expect([retryAfterMs('3'), retryAfterMs(undefined), retryAfterMs('soon'), retryAfterMs('-1')]).toEqual([
      3000,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
