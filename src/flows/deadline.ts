import type { Clock } from './ports/clock.ts';

/** Until when a whole apply has to be done, measured by a clock that only grows. */
export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number;
  readonly #timeoutMs: number;

  /** @param of `leftMs`: what is left of `timeoutMs`, less than all of it when another process has begun */
  constructor(clock: Clock, of: { readonly timeoutMs: number; readonly leftMs: number }) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + of.leftMs;
    this.#timeoutMs = of.timeoutMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#endMs - this.#clock.monotonicMs());
  }

  /** `600 s`: the whole of it, for messages. */
  get text(): string {
    return `${Math.round(this.#timeoutMs / 1000)} s`;
  }
}
