/** Time comes in from outside, so that a test can own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for records people read, never for measuring. */
  nowMs(): number;
  /** Only grows; for deadlines. */
  monotonicMs(): number;
  /** Resolves early when the signal aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Structured log; secrets are masked before they come here. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
