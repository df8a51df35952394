/** What one attempt came to. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** HTTP status, or none came: because of something that may be over soon (a broken connection), or not (a timeout has cost enough). */
  readonly outcome: number | 'passing-fault' | 'lasting-fault';
  readonly retryAfterMs?: number;
  /** How long this request has waited between attempts so far. */
  readonly waitedMs: number;
}

/** `read` changes nothing and answers the same again; `dry-run` too, but its 500s are about the object; a `write` may have happened. */
export type Repeatability = 'read' | 'dry-run' | 'write';

const pausesMs = [100, 400];
const defaultRetryAfterMs = 1000;

/**
 * Milliseconds to wait before the next attempt; undefined when the answer stands. 429 says that the request was not looked at, so
 * that even a write may be sent again, as long as `waitBudgetMs` lasts. A timeout is not repeated: it has cost enough.
 */
export function pauseBeforeRetry(
  attempt: Attempt,
  repeatability: Repeatability,
  waitBudgetMs: number,
): number | undefined {
  if (attempt.outcome === 429) {
    const pauseMs = attempt.retryAfterMs ?? defaultRetryAfterMs;
    return attempt.waitedMs + pauseMs <= waitBudgetMs ? pauseMs : undefined;
  }
  if (!isPassing(attempt.outcome, repeatability)) return undefined;
  const pauseMs = pausesMs[attempt.number - 1];
  if (pauseMs === undefined) return undefined;
  const patientMs = Math.max(pauseMs, attempt.retryAfterMs ?? 0);
  return attempt.waitedMs + patientMs <= waitBudgetMs ? patientMs : undefined;
}

/** `Retry-After` in milliseconds; the API server writes whole seconds. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Number(header) * 1000;
}

function isPassing(outcome: Attempt['outcome'], repeatability: Repeatability): boolean {
  if (repeatability === 'write' || outcome === 'lasting-fault') return false;
  if (outcome === 'passing-fault') return true;
  return repeatability === 'read' ? outcome >= 500 : outcome > 500;
}
