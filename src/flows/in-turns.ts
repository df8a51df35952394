import type { Clock } from './ports/clock.ts';

/** How long one turn lasts; a single step may take longer. */
const turnMs = 20;

/** Runs a long computation of the domain so that the process answers others in between. */
export async function inTurns<Result>(steps: Generator<void, Result>, clock: Clock): Promise<Result> {
  let turnEndsMs = clock.monotonicMs() + turnMs;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonicMs() < turnEndsMs) continue;
    await clock.sleep(0);
    turnEndsMs = clock.monotonicMs() + turnMs;
  }
}
