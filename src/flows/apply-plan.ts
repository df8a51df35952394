import { applyPhase, applyPhases, compareForApply } from '../domain/deployment/apply-order.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { healthOf } from '../domain/deployment/health.ts';
import type { ApprovedPlan } from '../domain/gate/approved-plan.ts';
import type { JsonObject } from '../domain/json.ts';
import { identityKey, identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { withoutIgnored } from '../domain/plan/ignored-fields.ts';
import { type ObjectFacts, uidOf } from '../domain/plan/object-facts.ts';
import type { Change } from '../domain/plan/plan.ts';
import { storedLeaves } from '../domain/plan/steps.ts';
import { type ApplyOutcome, StopApply } from './apply-outcome.ts';
import { HealthWatch } from './await-health.ts';
import { deleteForReplacement, pruneObject, refuseStrangers } from './delete-object.ts';
import { findAddress } from './find-address.ts';
import { OwnershipRecord } from './ownership-record.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { Clock } from './ports/clock.ts';
import { type Cluster, ClusterUnavailable } from './ports/cluster.ts';
import type { DeploymentStep, LockProof, Store, StoredLeaf } from './ports/store.ts';
import { writeObject } from './write-object.ts';

export interface ApplyRequest {
  readonly deployment: Deployment;
  readonly approved: ApprovedPlan;
  readonly planned: PlannedTarget;
  readonly proof: LockProof;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ApplyPorts {
  readonly cluster: Cluster;
  readonly store: Store;
  readonly clock: Clock;
  /** Called once everything is written, before health is awaited. */
  readonly onWritten: (written: Written) => Promise<void>;
}

export interface Written {
  readonly objects: readonly ObjectIdentity[];
  readonly stored: readonly StoredLeaf[];
}

/**
 * Writes an approved plan: in phases, each write with the state that was read as its precondition and with a journal entry before and after it; then
 * waits for health; then prunes. Objects that are as they should be are not written, so that applying twice sends nothing the second time.
 */
export async function applyPlan(ports: ApplyPorts, request: ApplyRequest): Promise<ApplyOutcome> {
  try {
    return await new Apply(ports, request).run();
  } catch (error) {
    if (error instanceof StopApply) return error.outcome;
    if (error instanceof ClusterUnavailable) return { kind: 'interrupted', reason: error.message };
    throw error;
  }
}

class Apply {
  readonly #ports: ApplyPorts;
  readonly #request: ApplyRequest;
  readonly #health: HealthWatch;
  readonly #stored: StoredLeaf[] = [];
  /** Objects as the API answered the write. */
  readonly #seen = new Map<string, JsonObject>();
  #writes = 0;

  constructor(ports: ApplyPorts, request: ApplyRequest) {
    this.#ports = ports;
    this.#request = request;
    const { timeoutMs, signal } = request;
    this.#health = new HealthWatch(ports, { atMs: ports.clock.monotonicMs() + timeoutMs, timeoutMs }, signal);
  }

  async run(): Promise<ApplyOutcome> {
    const { approved, planned } = this.#request;
    const ownership = new OwnershipRecord(this.#ports.cluster, planned, approved.changes);
    const changes = [...approved.changes].sort((left, right) => compareForApply(left.object, right.object));
    const writes = changes.filter((change) => change.action !== 'delete' && change.write);
    const deletes = changes.filter((change) => change.action === 'delete').reverse();
    if (writes.length > 0) await ownership.claim();
    for (const phase of applyPhases) {
      const ofPhase = writes.filter((change) => applyPhase(change.object) === phase);
      for (const change of ofPhase) await this.#write(change);
      if (phase !== 'the rest') await this.#awaitHealth(ofPhase);
    }
    await this.#ports.onWritten({ objects: writes.map((change) => change.object), stored: this.#stored });
    await this.#awaitHealth(
      changes.filter((change) => change.action !== 'delete' && this.#facts(change.object).merge !== undefined),
    );
    for (const change of deletes) await this.#prune(change);
    await ownership.release();
    return { kind: 'succeeded', written: this.#writes };
  }

  async #write(change: Change): Promise<void> {
    const { planned, signal } = this.#request;
    if (signal.aborted) throw new StopApply({ kind: 'interrupted', reason: 'the process is going down' });
    const facts = this.#facts(change.object);
    const action = change.action === 'no-op' ? 'update' : change.action;
    await this.#journal(change.object, action, 'intended');
    const { cluster } = this.#ports;
    const address = await findAddress(cluster, planned, facts);
    if (change.action === 'replace') await deleteForReplacement({ cluster, health: this.#health }, facts, address);
    const live = facts.live.kind === 'found' && change.action !== 'replace' ? facts.live.object : undefined;
    const object = await writeObject(cluster, {
      facts,
      address,
      applySet: planned.applySet,
      forceConflicts: planned.forceConflicts,
      live,
    });
    await this.#journal(change.object, action, 'done');
    this.#writes += 1;
    this.#seen.set(identityKey(change.object), object);
    await this.#remember(facts, object);
  }

  async #prune(change: Change): Promise<void> {
    const { approved, planned } = this.#request;
    const facts = this.#facts(change.object);
    const address = planned.addresses.get(identityKey(change.object));
    const uid = facts.live.kind === 'found' ? uidOf(facts.live.object) : undefined;
    if (address === undefined || uid === undefined) return;
    await refuseStrangers(this.#ports.cluster, facts, { changes: approved.changes, catalog: planned.catalog });
    await this.#journal(change.object, 'delete', 'intended');
    await pruneObject(this.#ports.cluster, facts, { address, uid });
    await this.#journal(change.object, 'delete', 'done');
    this.#writes += 1;
  }

  /** What is healthy as it was last seen is not watched. */
  async #awaitHealth(changes: readonly Change[]): Promise<void> {
    const waiting = changes.map((change) => this.#facts(change.object)).filter((facts) => !this.#isHealthy(facts));
    const judge = (object: JsonObject | undefined) =>
      object === undefined ? ({ kind: 'progressing', reason: 'it does not exist' } as const) : healthOf(object);
    const objects = [];
    for (const facts of waiting)
      objects.push({
        identity: facts.identity,
        address: await findAddress(this.#ports.cluster, this.#request.planned, facts),
        judge,
      });
    await this.#health.awaitAll(objects);
  }

  #isHealthy(facts: ObjectFacts): boolean {
    const seen =
      this.#seen.get(identityKey(facts.identity)) ?? (facts.live.kind === 'found' ? facts.live.object : undefined);
    return seen !== undefined && healthOf(seen).kind === 'healthy';
  }

  async #journal(
    object: ObjectIdentity,
    action: DeploymentStep['action'],
    state: DeploymentStep['state'],
  ): Promise<void> {
    await this.#ports.store.addStep(
      { deployment: this.#request.deployment.id, object, action, state },
      this.#request.proof,
    );
  }

  async #remember(facts: ObjectFacts, written: JsonObject): Promise<void> {
    if (facts.merge === undefined) return;
    const secretKey = await this.#ports.store.secretKey();
    for (const leaf of storedLeaves({
      identity: facts.identity,
      rendered: withoutIgnored(facts.merge.content, facts.schema, facts.ignored),
      written,
      schema: facts.schema,
      secretKey,
    })) {
      this.#stored.push({ object: facts.identity, ...leaf });
    }
  }

  #facts(identity: ObjectIdentity): ObjectFacts {
    const facts = this.#request.planned.facts.get(identityKey(identity));
    if (facts === undefined)
      throw new Error(
        `the plan of ${this.#request.approved.target} has a change for ${identityText(identity)} and no facts of it`,
      );
    return facts;
  }
}
