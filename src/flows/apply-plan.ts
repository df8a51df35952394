import { applyStages, deleteStages, type OrderedObject } from '../domain/deployment/apply-order.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { completionOf, deletionOf, type Health, healthOf, pruningOf } from '../domain/deployment/health.ts';
import type { ApprovedPlan } from '../domain/gate/approved-plan.ts';
import type { JsonObject } from '../domain/json.ts';
import { identityKey, identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { waveOf } from '../domain/plan/annotations.ts';
import { withoutIgnored } from '../domain/plan/ignored-fields.ts';
import { maskCredentials } from '../domain/plan/mask-credentials.ts';
import { textMask } from '../domain/plan/mask-text.ts';
import { type ObjectFacts, uidOf } from '../domain/plan/object-facts.ts';
import type { Change } from '../domain/plan/plan.ts';
import type { ObjectAddress } from '../domain/plan/prediction.ts';
import { storedLeaves } from '../domain/plan/steps.ts';
import { type ApplyOutcome, StopApply } from './apply-outcome.ts';
import { type AwaitedObject, awaitObjects } from './await-objects.ts';
import type { Deadline } from './deadline.ts';
import { deleteForReplacement, end, pruneObject, refuseStrangers } from './delete-object.ts';
import { explainFailure } from './explain-failure.ts';
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
  readonly deadline: Deadline;
  /** The process is going down. */
  readonly stopping: AbortSignal;
}

export interface ApplyPorts {
  readonly cluster: Cluster;
  readonly store: Pick<Store, 'addStep' | 'secretKey'>;
  readonly clock: Clock;
  /** Called once everything is written, before health is awaited. */
  readonly onWritten: (written: Written) => Promise<void>;
}

export interface Written {
  readonly objects: readonly ObjectIdentity[];
  readonly stored: readonly StoredLeaf[];
}

/**
 * Writes an approved plan: in stages, each healthy before the next, each write with the state that was read as its precondition and with a journal entry
 * before and after it; then deletes. Objects that are as they should be are not written, so that applying twice sends nothing the second time.
 */
export async function applyPlan(ports: ApplyPorts, request: ApplyRequest): Promise<ApplyOutcome> {
  try {
    return await new Apply(ports, request).run();
  } catch (error) {
    if (error instanceof ClusterUnavailable) return { kind: 'interrupted', reason: error.message };
    if (!(error instanceof StopApply)) throw error;
    const mask = maskOf(request.planned.facts.values());
    const { why } = error;
    const reason = mask(why.reason);
    if (why.kind !== 'failed') return { kind: why.kind, reason };
    const { catalog } = request.planned;
    const explaining = { catalog, mask, stopping: request.stopping };
    return { kind: 'failed', reason, details: await explainFailure(ports, why.failing ?? [], explaining) };
  }
}

/** Masks what the cluster says: secrets of the target's objects, and what looks like one. */
function maskOf(objects: Iterable<ObjectFacts>): (text: string) => string {
  const contents = [...objects].flatMap(({ deployed, merge, live }) => [
    ...[deployed, merge].flatMap((placed) => (placed === undefined ? [] : [placed.content])),
    ...(live.kind === 'found' ? [live.object] : []),
  ]);
  const mask = textMask(contents);
  return (text) => maskCredentials(mask(text));
}

/** A change of the plan, with what is known of its object. */
interface Step extends OrderedObject {
  readonly change: Change;
  readonly facts: ObjectFacts;
}

class Apply {
  readonly #ports: ApplyPorts;
  readonly #request: ApplyRequest;
  readonly #stored: StoredLeaf[] = [];
  /** Objects as the API answered the write. */
  readonly #seen = new Map<string, JsonObject>();
  #writes = 0;

  constructor(ports: ApplyPorts, request: ApplyRequest) {
    this.#ports = ports;
    this.#request = request;
  }

  async run(): Promise<ApplyOutcome> {
    const { approved, planned } = this.#request;
    const ownership = new OwnershipRecord(this.#ports.cluster, planned, approved.changes);
    const steps = approved.changes.map((change) => this.#step(change));
    const rendered = steps.filter(({ change, facts }) => change.action !== 'delete' && facts.merge !== undefined);
    const writes = rendered.filter(({ change }) => change.write);
    if (writes.length > 0) await ownership.claim();
    const stages = applyStages(rendered);
    for (const [index, stage] of stages.entries()) {
      for (const step of stage) if (step.change.write) await this.#write(step);
      if (index < stages.length - 1) await this.#awaitHealth(stage, completionOf);
    }
    await this.#ports.onWritten({ objects: writes.map(({ object }) => object), stored: this.#stored });
    await this.#awaitHealth(rendered, healthOf);
    for (const stage of deleteStages(steps.filter(({ change }) => change.action === 'delete')))
      await this.#prune(stage);
    await ownership.release();
    return { kind: 'succeeded', written: this.#writes };
  }

  #step(change: Change): Step {
    const facts = this.#facts(change.object);
    return {
      change,
      facts,
      object: change.object,
      wave: facts.merge === undefined ? 0 : waveOf(facts.merge.content),
      unserved: facts.merge !== undefined && facts.merge.served === undefined && !facts.merge.incoming,
    };
  }

  async #write({ change, facts, object }: Step): Promise<void> {
    const { approved, planned } = this.#request;
    const { cluster } = this.#ports;
    this.#goOn();
    const address = await this.#address(facts);
    const action = change.action === 'no-op' ? 'update' : change.action;
    await this.#journal(object, action, 'intended');
    if (change.action === 'replace') await this.#removeForReplacement(facts, address);
    const live = facts.live.kind === 'found' && change.action !== 'replace' ? facts.live.object : undefined;
    const written = await writeObject(cluster, {
      facts,
      address,
      applySet: planned.applySet,
      forceConflicts: planned.forceConflicts,
      live,
      moves: approved.moves.filter((move) => identityKey(move.object) === identityKey(object)),
    });
    await this.#journal(object, action, 'done');
    this.#writes += 1;
    this.#seen.set(identityKey(object), written);
    await this.#remember(facts, written);
  }

  async #removeForReplacement(facts: ObjectFacts, address: ObjectAddress): Promise<void> {
    const uid = facts.live.kind === 'found' ? uidOf(facts.live.object) : undefined;
    if (uid === undefined) return;
    const doomed = { facts, address, uid };
    await deleteForReplacement(this.#ports.cluster, doomed);
    await this.#await('gone', [end(doomed, deletionOf)]);
  }

  /** Deletes the objects of one stage, and waits until they are gone. */
  async #prune(stage: readonly Step[]): Promise<void> {
    const { approved, planned } = this.#request;
    const ending: AwaitedObject[] = [];
    for (const { facts, object } of stage) {
      this.#goOn();
      const address = planned.addresses.get(identityKey(object));
      const uid = facts.live.kind === 'found' ? uidOf(facts.live.object) : undefined;
      if (address === undefined || uid === undefined) continue;
      await refuseStrangers(this.#ports.cluster, facts, { changes: approved.changes, catalog: planned.catalog });
      await this.#journal(object, 'delete', 'intended');
      await pruneObject(this.#ports.cluster, { facts, address, uid }, planned.applySet);
      await this.#journal(object, 'delete', 'done');
      this.#writes += 1;
      ending.push(end({ facts, address, uid }, pruningOf));
    }
    await this.#await('gone', ending);
  }

  /** What is healthy as it was last seen is not watched. */
  async #awaitHealth(steps: readonly Step[], healthOfObject: (object: JsonObject) => Health): Promise<void> {
    const judge = (object: JsonObject | undefined): Health =>
      object === undefined ? { kind: 'progressing', reason: 'it does not exist' } : healthOfObject(object);
    const objects: AwaitedObject[] = [];
    for (const { facts, object } of steps) {
      const seen = this.#seen.get(identityKey(object)) ?? (facts.live.kind === 'found' ? facts.live.object : undefined);
      if (judge(seen).kind === 'healthy') continue;
      objects.push({ identity: object, address: await this.#address(facts), judge, seen });
    }
    await this.#await('healthy', objects);
  }

  async #await(wanted: 'healthy' | 'gone', objects: readonly AwaitedObject[]): Promise<void> {
    const { deadline, stopping } = this.#request;
    await awaitObjects(this.#ports, objects, { wanted, deadline, stopping });
  }

  #address(facts: ObjectFacts): Promise<ObjectAddress> {
    return findAddress(this.#ports, { facts, planned: this.#request.planned }, this.#request);
  }

  #goOn(): void {
    if (this.#request.stopping.aborted)
      throw new StopApply({ kind: 'interrupted', reason: 'the process is going down' });
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
