import type { Health } from '../domain/deployment/health.ts';
import type { JsonObject } from '../domain/json.ts';
import { identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import type { ObjectAddress } from '../domain/plan/prediction.ts';
import { StopApply } from './apply-outcome.ts';
import type { Deadline } from './deadline.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';

export interface AwaitedObject {
  readonly identity: ObjectIdentity;
  readonly address: ObjectAddress;
  /** undefined: it does not exist. */
  readonly judge: (object: JsonObject | undefined) => Health;
  /** As it was seen last. */
  readonly seen: JsonObject | undefined;
}

export interface Waiting {
  /** What is waited for: `X was not healthy within …`. */
  readonly wanted: 'healthy' | 'gone';
  readonly deadline: Deadline;
  /** The process is going down. */
  readonly stopping: AbortSignal;
}

interface Unreached {
  readonly object: AwaitedObject;
  readonly reason: string;
  readonly seen: JsonObject | undefined;
}

type End =
  | { readonly kind: 'reached' }
  | ({ readonly kind: 'failed' } & Unreached)
  | ({ readonly kind: 'late' } & Unreached)
  /** Nobody waits for it any more. */
  | { readonly kind: 'left' };

const shownLate = 5;

/** Watches the objects until all are as wanted. Rejects with StopApply as soon as one has failed, or at the deadline, naming all that are late. */
export async function awaitObjects(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  objects: readonly AwaitedObject[],
  waiting: Waiting,
): Promise<void> {
  const over = new AbortController();
  const waits = objects.map(async (object): Promise<End> => {
    const end = await awaitObject(ports, object, { ...waiting, over: over.signal });
    if (end.kind === 'failed') over.abort();
    return end;
  });
  try {
    throwUnlessReached(await Promise.all(waits), waiting);
  } finally {
    over.abort();
    await Promise.allSettled(waits);
  }
}

function throwUnlessReached(ends: readonly End[], { wanted, deadline, stopping }: Waiting): void {
  const failed = ends.find((end) => end.kind === 'failed');
  if (failed !== undefined)
    throw new StopApply({
      kind: 'failed',
      reason: `${identityText(failed.object.identity)}: ${failed.reason}`,
      failing: [{ identity: failed.object.identity, seen: failed.seen }],
    });
  if (stopping.aborted) throw new StopApply({ kind: 'interrupted', reason: 'the process is going down' });
  const late = ends.filter((end) => end.kind === 'late');
  const [first] = late;
  if (first === undefined) return;
  const shown = late.slice(0, shownLate).map(({ object, reason }) => `${identityText(object.identity)}: ${reason}`);
  const more = late.length > shown.length ? `; and ${late.length - shown.length} more` : '';
  throw new StopApply({
    kind: 'failed',
    reason:
      late.length === 1
        ? `${identityText(first.object.identity)} was not ${wanted} within ${deadline.text}: ${first.reason}`
        : `${late.length} objects were not ${wanted} within ${deadline.text}: ${shown.join('; ')}${more}`,
    failing: late.map(({ object, seen }) => ({ identity: object.identity, seen })),
  });
}

async function awaitObject(
  { cluster, clock }: { readonly cluster: Cluster; readonly clock: Clock },
  object: AwaitedObject,
  { deadline, stopping, over }: Waiting & { readonly over: AbortSignal },
): Promise<End> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, over, stopping]);
  let last = object.seen;
  const before = object.judge(last);
  let reason = before.kind === 'healthy' ? 'it was not looked at in time' : before.reason;
  const timer = clock.sleep(deadline.leftMs, signal).then(() => ended.abort());
  try {
    for await (const seen of cluster.watch(object.address, signal)) {
      const health = object.judge(seen);
      if (health.kind === 'healthy') return { kind: 'reached' };
      if (health.kind === 'failed') return { kind: 'failed', object, reason: health.reason, seen };
      reason = health.reason;
      last = seen;
    }
  } finally {
    ended.abort();
    await timer;
  }
  return over.aborted || stopping.aborted ? { kind: 'left' } : { kind: 'late', object, reason, seen: last };
}
