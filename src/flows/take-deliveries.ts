import type { Hint } from '../domain/delivery/hint.ts';
import { interpretHint, type Look } from '../domain/delivery/interpret-hint.ts';
import { commitSha } from '../domain/identity.ts';
import type { Log } from './ports/clock.ts';
import type { Records, Store } from './ports/store.ts';

const batchSize = 100;

/** Pushes to one branch within this time are one look at those who build on it: merge trains and bots push in bursts. */
const settleMs = 3_000;

/**
 * Turns stored deliveries into jobs, each delivery exactly once: the jobs and the mark that it was handled are one transaction.
 *
 * @returns how many were taken; call again until it is 0
 */
export async function takeDeliveries(ports: { readonly store: Store; readonly log: Log }): Promise<number> {
  return ports.store.transaction(async (records) => {
    const hints = await records.takeDeliveries(batchSize);
    for (const hint of hints) for (const look of looksOf(hint, ports.log)) await request(records, look);
    await records.markDeliveriesHandled(hints.map((hint) => hint.guid));
    return hints.length;
  });
}

/** A delivery that cannot be read must not stand in the way of those after it. */
function looksOf(hint: Hint, log: Log): readonly Look[] {
  try {
    return interpretHint(hint);
  } catch (error) {
    log.warn(
      { guid: hint.guid, event: hint.event, error: String(error) },
      'a delivery makes no sense and is left aside',
    );
    return [];
  }
}

async function request(records: Records, look: Look): Promise<void> {
  switch (look.kind) {
    case 'comment':
      await records.addCommand({
        repository: look.repository,
        issue: look.issue,
        commentId: look.comment,
        bodyDigest: look.bodyDigest,
      });
      return;
    case 'press': {
      const { guid, repository, identifier, by } = look;
      await records.addPress({ guid, repository, sha: commitSha(look.sha), identifier, by });
      return;
    }
    case 'repository':
      await records.requestJob({ job: look, delayMs: look.branch === undefined ? 0 : settleMs });
      return;
    case 'pull-request':
    case 'merge-group':
    case 'holds':
      await records.requestJob({ job: look });
  }
}
