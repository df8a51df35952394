import { applyPhase, applyPhases, compareForApply } from '../domain/deployment/apply-order.ts';
import type { Deployment, DeploymentPhase } from '../domain/deployment/deployment.ts';
import { type Health, healthOf } from '../domain/deployment/health.ts';
import type { ApprovedPlan } from '../domain/gate/approved-plan.ts';
import { isJsonObject, type JsonObject, sameJson } from '../domain/json.ts';
import { identityKey, identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { applySetParent, groupKindText, readApplySetContents } from '../domain/plan/applyset.ts';
import { leavesOf } from '../domain/plan/leaves.ts';
import type { ObjectFacts } from '../domain/plan/object-facts.ts';
import type { Change } from '../domain/plan/plan.ts';
import { conflictText } from '../domain/plan/plan-object.ts';
import type { ObjectAddress, Refusal } from '../domain/plan/prediction.ts';
import { storedLeaves } from '../domain/plan/steps.ts';
import { findStrangers, strangersText, takesOthersAlong } from './find-strangers.ts';
import { isOwnDrift, type PlannedTarget, withOwnership } from './plan-target.ts';
import type { Clock } from './ports/clock.ts';
import { type Cluster, ClusterUnavailable } from './ports/cluster.ts';
import type { DeploymentStep, LockProof, Store, StoredLeaf } from './ports/store.ts';
import { parentAddress } from './read-cluster.ts';

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

export type ApplyOutcome =
  | { readonly kind: 'succeeded'; readonly written: number }
  /** The cluster is not as it was planned, or went away: nothing more is written; plan again, a little later. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** An object appeared that the plan would have created; a person has to look. */
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

class Stop extends Error {
  readonly outcome: Exclude<ApplyOutcome, { readonly kind: 'succeeded' }>;

  constructor(outcome: Exclude<ApplyOutcome, { readonly kind: 'succeeded' }>) {
    super(outcome.reason);
    this.outcome = outcome;
  }
}

/**
 * Writes an approved plan: in phases, each write with the state that was read as its precondition and with a journal entry before and after it; then
 * waits for health; then prunes. Objects that are as they should be are not written, so that applying twice sends nothing the second time.
 */
export async function applyPlan(ports: ApplyPorts, request: ApplyRequest): Promise<ApplyOutcome> {
  try {
    return await new Apply(ports, request).run();
  } catch (error) {
    if (error instanceof Stop) return error.outcome;
    if (error instanceof ClusterUnavailable) return { kind: 'interrupted', reason: error.message };
    throw error;
  }
}

class Apply {
  readonly #ports: ApplyPorts;
  readonly #request: ApplyRequest;
  readonly #deadlineMs: number;
  readonly #stored: StoredLeaf[] = [];
  /** Objects as the API answered the write. */
  readonly #seen = new Map<string, JsonObject>();
  #writes = 0;

  constructor(ports: ApplyPorts, request: ApplyRequest) {
    this.#ports = ports;
    this.#request = request;
    this.#deadlineMs = ports.clock.monotonicMs() + request.timeoutMs;
  }

  async run(): Promise<ApplyOutcome> {
    const { approved } = this.#request;
    const changes = [...approved.changes].sort((left, right) => compareForApply(left.object, right.object));
    const writes = changes.filter((change) => change.action !== 'delete' && change.write);
    const deletes = changes.filter((change) => change.action === 'delete').reverse();
    if (writes.length > 0) await this.#claimOwnership();
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
    await this.#releaseOwnership();
    return { kind: 'succeeded', written: this.#writes };
  }

  /** The parent names every kind and namespace that members may be in before the first of them is written. */
  async #claimOwnership(): Promise<void> {
    const { planned } = this.#request;
    const before =
      planned.parent === undefined ? { groupKinds: [], namespaces: [] } : readApplySetContents(planned.parent);
    const after = this.#contents();
    await this.#writeParent({
      groupKinds: union(before.groupKinds, after.groupKinds),
      namespaces: union(before.namespaces, after.namespaces),
    });
  }

  /** … and only those that they are in when all is done. */
  async #releaseOwnership(): Promise<void> {
    const { planned } = this.#request;
    const contents = this.#contents();
    if (contents.groupKinds.length > 0 || planned.parent === undefined) {
      if (planned.parent !== undefined || this.#writes > 0) await this.#writeParent(contents);
      return;
    }
    const uid = uidOf(planned.parent);
    if (uid !== undefined)
      await this.#ports.cluster.delete(parentAddress(planned.applySet, planned.catalog), {
        uid,
        propagation: 'background',
      });
  }

  #parentNow: JsonObject | undefined;

  async #writeParent(contents: {
    readonly groupKinds: readonly string[];
    readonly namespaces: readonly string[];
  }): Promise<void> {
    const { planned } = this.#request;
    const object = applySetParent(planned.applySet, planned.owner, contents);
    const current = this.#parentNow ?? planned.parent;
    if (current !== undefined && sameBookkeeping(current, object)) return;
    const answer = await this.#ports.cluster.apply({
      address: parentAddress(planned.applySet, planned.catalog),
      object,
      force: true,
    });
    if (answer.kind !== 'applied')
      throw new Stop({
        kind: answer.kind === 'unavailable' ? 'interrupted' : 'failed',
        reason: `the ownership record could not be written: ${answer.message}`,
      });
    this.#parentNow = answer.object;
  }

  #contents() {
    const kept = this.#request.approved.changes.filter(
      (change) => change.action !== 'delete' && this.#facts(change.object).merge !== undefined,
    );
    const staying = [...this.#request.planned.facts.values()].filter(
      (facts) =>
        facts.member &&
        !this.#request.approved.changes.some(
          (change) => change.action === 'delete' && sameObject(change.object, facts.identity),
        ),
    );
    const identities = [...kept.map((change) => change.object), ...staying.map((facts) => facts.identity)];
    return {
      groupKinds: union(
        identities.map((identity) => groupKindText(identity.group, identity.kind)),
        this.#unservedKinds(),
      ),
      namespaces: union(
        identities.flatMap((identity) => (identity.namespace === undefined ? [] : [identity.namespace])),
      ),
    };
  }

  /** What the cluster does not serve at the moment may still have members. */
  #unservedKinds(): readonly string[] {
    const { parent, catalog } = this.#request.planned;
    if (parent === undefined) return [];
    const served = new Set(catalog.kinds.map((kind) => groupKindText(kind.group, kind.kind)));
    return readApplySetContents(parent).groupKinds.filter((groupKind) => !served.has(groupKind));
  }

  async #write(change: Change): Promise<void> {
    if (this.#request.signal.aborted) throw new Stop({ kind: 'interrupted', reason: 'the process is going down' });
    const facts = this.#facts(change.object);
    const action = change.action === 'no-op' ? 'update' : change.action;
    await this.#journal(change.object, action, 'intended');
    if (change.action === 'replace') await this.#removeForReplacement(facts);
    const object = await this.#applyObject(facts, change);
    await this.#journal(change.object, action, 'done');
    this.#writes += 1;
    this.#seen.set(identityKey(change.object), object);
    await this.#remember(facts, object);
  }

  async #applyObject(facts: ObjectFacts, change: Change): Promise<JsonObject> {
    const { planned } = this.#request;
    if (facts.merge === undefined) throw new Error(`${identityText(facts.identity)} is not rendered`);
    const address = await this.#addressFor(facts);
    const content = withOwnership(facts.merge.content, planned.applySet);
    let live = facts.live.kind === 'found' && change.action !== 'replace' ? facts.live.object : undefined;
    let force = false;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const answer = await this.#ports.cluster.apply({
        address,
        object: live === undefined ? content : withPrecondition(content, live),
        force,
      });
      if (answer.kind === 'applied') {
        if (live === undefined && !answer.created) throw madeMeanwhile(facts.identity);
        return answer.object;
      }
      if (answer.kind === 'conflict' && live === undefined) throw madeMeanwhile(facts.identity);
      if (answer.kind === 'conflict' && !force && isOwnDrift(facts, answer)) {
        force = true;
        continue;
      }
      if (answer.kind !== 'stale' || live === undefined) throw new Stop(outcomeOf(facts.identity, answer));
      live = await this.#readAgain(facts, address, live);
    }
    throw new Stop({
      kind: 'interrupted',
      reason: `${identityText(facts.identity)} changes faster than it can be written`,
    });
  }

  /** When only what nobody rendered moved (its status does all the time), the write may go on. */
  async #readAgain(facts: ObjectFacts, address: ObjectAddress, before: JsonObject): Promise<JsonObject> {
    const answer = await this.#ports.cluster.get(address);
    if (answer.kind !== 'found')
      throw new Stop({
        kind: 'interrupted',
        reason: `${identityText(facts.identity)} went away between plan and apply`,
      });
    if (uidOf(answer.object) !== uidOf(before) || !sameLeaves(before, answer.object, facts)) {
      throw new Stop({
        kind: 'interrupted',
        reason: `${identityText(facts.identity)} was changed between plan and apply`,
      });
    }
    return answer.object;
  }

  async #addressFor(facts: ObjectFacts): Promise<ObjectAddress> {
    const known = this.#request.planned.addresses.get(identityKey(facts.identity));
    if (known !== undefined) return known;
    // Its definition was written a moment ago, in an earlier phase.
    const apiVersion = String(facts.merge?.content.apiVersion ?? '');
    const kinds = (await this.#ports.cluster.kinds()).kinds;
    const kind = kinds.find(
      (served) =>
        served.kind === facts.identity.kind &&
        (served.group === '' ? served.version : `${served.group}/${served.version}`) === apiVersion,
    );
    const { namespace, name } = facts.identity;
    if (kind === undefined)
      throw new Stop({
        kind: 'failed',
        reason: `${identityText(facts.identity)}: the cluster serves no ${apiVersion} ${facts.identity.kind}; install its CustomResourceDefinition first`,
      });
    // What the plan took for an object of a namespace was never held against the stack's `cluster_scoped`, nor the other way round.
    if (kind.namespaced !== (namespace !== undefined))
      throw new Stop({
        kind: 'failed',
        reason: `${identityText(facts.identity)}: the cluster serves ${facts.identity.kind} ${kind.namespaced ? 'in' : 'without'} namespaces, which the plan could not know; open a pull request so that it is planned again`,
      });
    return { kind, ...(namespace === undefined ? {} : { namespace }), name };
  }

  async #removeForReplacement(facts: ObjectFacts): Promise<void> {
    const address = await this.#addressFor(facts);
    const uid = facts.live.kind === 'found' ? uidOf(facts.live.object) : undefined;
    if (uid === undefined) return;
    const answer = await this.#ports.cluster.delete(address, { uid, propagation: 'foreground' });
    if (answer.kind !== 'deleted' && answer.kind !== 'absent') throw new Stop(outcomeOf(facts.identity, answer));
    const judge = (object: JsonObject | undefined) =>
      object === undefined || uidOf(object) !== uid
        ? ({ kind: 'healthy' } as const)
        : ({ kind: 'progressing', reason: 'it is being deleted' } as const);
    await this.#watchUntil({ identity: facts.identity, address, judge, signal: this.#request.signal });
  }

  async #prune(change: Change): Promise<void> {
    const facts = this.#facts(change.object);
    const address = this.#request.planned.addresses.get(identityKey(change.object));
    const uid = facts.live.kind === 'found' ? uidOf(facts.live.object) : undefined;
    if (address === undefined || uid === undefined) return;
    await this.#refuseStrangers(facts);
    await this.#journal(change.object, 'delete', 'intended');
    const answer = await this.#ports.cluster.delete(address, { uid, propagation: 'background' });
    if (answer.kind !== 'deleted' && answer.kind !== 'absent') throw new Stop(outcomeOf(change.object, answer));
    await this.#journal(change.object, 'delete', 'done');
    this.#writes += 1;
  }

  /** The plan looked already; health may have been awaited for minutes since. */
  async #refuseStrangers({ identity, live }: ObjectFacts): Promise<void> {
    if (!takesOthersAlong(identity) || live.kind !== 'found') return;
    const { approved, planned } = this.#request;
    const deletes = approved.changes.filter(({ action }) => action === 'delete').map(({ object }) => object);
    const doomed = { identity, object: live.object, deleted: new Set(deletes.map(identityKey)) };
    const strangers = await findStrangers(this.#ports.cluster, doomed, planned.catalog);
    if (strangers.kind === 'unknown') throw new Stop({ kind: 'interrupted', reason: strangers.reason });
    if (strangers.objects.length > 0)
      throw new Stop({ kind: 'held', reason: strangersText(identity, strangers.objects) });
  }

  /** What is healthy as it was last seen is not watched. */
  async #awaitHealth(changes: readonly Change[]): Promise<void> {
    const waiting = changes.map((change) => this.#facts(change.object)).filter((facts) => !this.#isHealthy(facts));
    const failure = new AbortController();
    const waits = waiting.map(async (facts) => {
      const address = await this.#addressFor(facts);
      const judge = (object: JsonObject | undefined) =>
        object === undefined ? ({ kind: 'progressing', reason: 'it does not exist' } as const) : healthOf(object);
      await this.#watchUntil({ identity: facts.identity, address, judge, signal: failure.signal });
    });
    try {
      await Promise.all(waits);
    } finally {
      failure.abort();
      await Promise.allSettled(waits);
    }
  }

  #isHealthy(facts: ObjectFacts): boolean {
    const seen =
      this.#seen.get(identityKey(facts.identity)) ?? (facts.live.kind === 'found' ? facts.live.object : undefined);
    return seen !== undefined && healthOf(seen).kind === 'healthy';
  }

  async #watchUntil(watched: {
    readonly identity: ObjectIdentity;
    readonly address: ObjectAddress;
    readonly judge: (object: JsonObject | undefined) => Health;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const { clock, cluster } = this.#ports;
    const { identity, address, judge } = watched;
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, watched.signal, this.#request.signal]);
    let last = 'it was never seen';
    const timer = clock.sleep(Math.max(0, this.#deadlineMs - clock.monotonicMs()), signal).then(() => ended.abort());
    try {
      for await (const object of cluster.watch(address, signal)) {
        const health = judge(object);
        if (health.kind === 'healthy') return;
        if (health.kind === 'failed')
          throw new Stop({ kind: 'failed', reason: `${identityText(identity)}: ${health.reason}` });
        last = health.reason;
      }
    } finally {
      ended.abort();
      await timer;
    }
    if (watched.signal.aborted || this.#request.signal.aborted)
      throw new Stop({ kind: 'interrupted', reason: 'the process is going down' });
    throw new Stop({
      kind: 'failed',
      reason: `${identityText(identity)} was not healthy within ${Math.round(this.#request.timeoutMs / 1000)} s: ${last}`,
    });
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
      rendered: facts.merge.content,
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

/** Nothing was there when it was planned, so that whatever is in the way is newer. */
function madeMeanwhile(identity: ObjectIdentity): Stop {
  return new Stop({
    kind: 'held',
    reason: `${identityText(identity)} was made by somebody else between plan and apply`,
  });
}

function outcomeOf(identity: ObjectIdentity, refusal: Refusal): Exclude<ApplyOutcome, { readonly kind: 'succeeded' }> {
  const what = identityText(identity);
  switch (refusal.kind) {
    case 'stale':
    case 'unavailable':
      return { kind: 'interrupted', reason: `${what}: ${refusal.message}` };
    case 'conflict':
      return { kind: 'failed', reason: `${what}: ${conflictText(refusal.conflicts)}` };
    case 'immutable':
    case 'namespace-absent':
    case 'webhook-without-dry-run':
    case 'forbidden':
    case 'not-served':
    case 'invalid':
      return { kind: 'failed', reason: `${what}: ${refusal.message}` };
  }
}

function withPrecondition(content: JsonObject, live: JsonObject): JsonObject {
  const metadata = isJsonObject(content.metadata) ? content.metadata : {};
  const read = isJsonObject(live.metadata) ? live.metadata : {};
  return {
    ...content,
    metadata: { ...metadata, uid: read.uid ?? null, resourceVersion: read.resourceVersion ?? null },
  };
}

function uidOf(object: JsonObject): string | undefined {
  const metadata = object.metadata;
  const uid = isJsonObject(metadata) ? metadata.uid : undefined;
  return typeof uid === 'string' ? uid : undefined;
}

function sameLeaves(before: JsonObject, after: JsonObject, facts: ObjectFacts): boolean {
  const [left, right] = [leavesOf(before, facts.schema).byPath, leavesOf(after, facts.schema).byPath];
  if (left.size !== right.size) return false;
  for (const [path, leaf] of left) if (!sameJson(right.get(path)?.value, leaf.value)) return false;
  return true;
}

function sameBookkeeping(live: JsonObject, wanted: JsonObject): boolean {
  const read = (object: JsonObject, part: string): JsonObject => {
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    const value = metadata[part];
    return isJsonObject(value) ? value : {};
  };
  return ['labels', 'annotations'].every((part) =>
    Object.entries(read(wanted, part)).every(([name, value]) => sameJson(read(live, part)[name], value)),
  );
}

function sameObject(left: ObjectIdentity, right: ObjectIdentity): boolean {
  return identityKey(left) === identityKey(right);
}

function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}

/** What a deployment's phase becomes after an apply that did not succeed. */
export function phaseAfter(
  outcome: Exclude<ApplyOutcome, { readonly kind: 'succeeded' }>,
  plan: ApprovedPlan,
): DeploymentPhase {
  switch (outcome.kind) {
    case 'interrupted':
      return { kind: 'queued' };
    case 'held':
      return { kind: 'held', reasons: [outcome.reason], plan: plan.digest };
    case 'failed':
      return { kind: 'failed', reason: outcome.reason, plan: plan.digest };
  }
}
