import type { Health } from '../domain/deployment/health.ts';
import type { JsonObject } from '../domain/json.ts';
import { identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import type { ObjectAddress } from '../domain/plan/prediction.ts';
import { StopApply } from './apply-outcome.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';

/** Until when, by the monotonic clock, and how long that was in all. */
export interface Deadline {
  readonly atMs: number;
  readonly timeoutMs: number;
}

export interface AwaitedObject {
  readonly identity: ObjectIdentity;
  readonly address: ObjectAddress;
  readonly judge: (object: JsonObject | undefined) => Health;
}

/** Watches the objects of one apply, all against one deadline. */
export class HealthWatch {
  readonly #ports: { readonly cluster: Cluster; readonly clock: Clock };
  readonly #deadline: Deadline;
  /** The process is going down. */
  readonly #stopping: AbortSignal;

  constructor(ports: { readonly cluster: Cluster; readonly clock: Clock }, deadline: Deadline, stopping: AbortSignal) {
    this.#ports = ports;
    this.#deadline = deadline;
    this.#stopping = stopping;
  }

  /** Resolves when all are healthy; rejects with StopApply as soon as one has failed, or at the deadline. */
  async awaitAll(objects: readonly AwaitedObject[]): Promise<void> {
    const failure = new AbortController();
    const waits = objects.map((object) => this.#await(object, failure.signal));
    try {
      await Promise.all(waits);
    } finally {
      failure.abort();
      await Promise.allSettled(waits);
    }
  }

  async #await({ identity, address, judge }: AwaitedObject, otherwise: AbortSignal): Promise<void> {
    const { clock, cluster } = this.#ports;
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, otherwise, this.#stopping]);
    let last = 'it was never seen';
    const left = Math.max(0, this.#deadline.atMs - clock.monotonicMs());
    const timer = clock.sleep(left, signal).then(() => ended.abort());
    try {
      for await (const object of cluster.watch(address, signal)) {
        const health = judge(object);
        if (health.kind === 'healthy') return;
        if (health.kind === 'failed')
          throw new StopApply({ kind: 'failed', reason: `${identityText(identity)}: ${health.reason}` });
        last = health.reason;
      }
    } finally {
      ended.abort();
      await timer;
    }
    if (otherwise.aborted || this.#stopping.aborted)
      throw new StopApply({ kind: 'interrupted', reason: 'the process is going down' });
    throw new StopApply({
      kind: 'failed',
      reason: `${identityText(identity)} was not healthy within ${Math.round(this.#deadline.timeoutMs / 1000)} s: ${last}`,
    });
  }
}
