import type { Log } from '../../flows/ports/clock.ts';
import type { Answer } from './answer.ts';
import { within } from './within.ts';

const readinessTimeoutMs = 2_000;

/** Whether the process can do its work. Many askers at a time cost one check. Never rejects. */
export function readiness(ready: () => Promise<void>, log: Log): () => Promise<Answer> {
  let checking: Promise<Answer> | undefined;

  const check = async (): Promise<Answer> => {
    try {
      const checked = await within(readinessTimeoutMs, ready());
      if (checked.kind === 'done') return { status: 200, text: 'ready' };
      log.warn({}, `not ready: the check takes longer than ${readinessTimeoutMs} ms`);
      return { status: 503, text: `not ready: the check takes longer than ${readinessTimeoutMs / 1000} s` };
    } catch (error) {
      // An error's text may name hosts and users; it is for the log only.
      log.warn({ err: error }, 'not ready');
      return { status: 503, text: 'not ready: the check failed, and the log says why' };
    }
  };

  return () => {
    checking ??= check().finally(() => {
      checking = undefined;
    });
    return checking;
  };
}
