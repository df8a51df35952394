import type { Stack } from '../domain/config/config.ts';
import type { ServerCluster } from '../domain/config/server-settings.ts';
import type { ClusterUid, CommitSha, PullNumber, Repository, TreeSha } from '../domain/identity.ts';
import type { JsonObject } from '../domain/json.ts';
import { identityKey, identityText, type Problem, type RenderedObject } from '../domain/manifest/rendered-object.ts';
import { type ApplySet, type ApplySetOwner, applySetOf } from '../domain/plan/applyset.ts';
import { assembleInSteps } from '../domain/plan/assemble-plan.ts';
import { digestEffects } from '../domain/plan/digest.ts';
import { type FactSources, gatherFacts } from '../domain/plan/gather-facts.ts';
import { moveBetweenTargets } from '../domain/plan/moves-between-targets.ts';
import type { MutatingAdmission } from '../domain/plan/mutating-admission.ts';
import type { ObjectFacts } from '../domain/plan/object-facts.ts';
import { type PlacedObject, type Placement, placeObjects } from '../domain/plan/place-objects.ts';
import type { Plan, PlanKind } from '../domain/plan/plan.ts';
import type { Pruning } from '../domain/plan/plan-object.ts';
import type { KindCatalog, ObjectAddress } from '../domain/plan/prediction.ts';
import { sentObject } from '../domain/plan/sent-object.ts';
import { type ForceConflicts, mayTakeFields } from '../domain/plan/take-fields.ts';
import { definedKinds, withIncoming } from '../domain/schema/incoming-schemas.ts';
import type { Target } from '../domain/target/target.ts';
import { findSurroundings, type Neighbours, placementRules } from './find-neighbours.ts';
import { findStrangers, strangersText, takesOthersAlong } from './find-strangers.ts';
import { inTurns } from './in-turns.ts';
import type { Clock } from './ports/clock.ts';
import { type Clusters, ClusterUnavailable, type ReadOnlyCluster } from './ports/cluster.ts';
import type { DeployedTarget, Store } from './ports/store.ts';
import { predictApply } from './predict-apply.ts';
import { readAdmission } from './read-admission.ts';
import { readAutoscalers } from './read-autoscalers.ts';
import { groupVersionsOf, type Members, type OwnedObjects, readTargetObjects } from './read-cluster.ts';
import type { Render } from './render-stack.ts';

export interface PlanTargetRequest {
  readonly repository: Repository;
  readonly gitHubHost: string;
  readonly target: Target;
  readonly cluster: ServerCluster;
  /** Nothing of it is left at the head. */
  readonly removed: boolean;
  readonly head: CommitSha;
  readonly base: CommitSha;
  readonly tree: TreeSha;
  /** What the deployed commit, the base's tip and the test merge render. `deployed` is undefined for a target that was never deployed. */
  readonly renders: { readonly deployed: Render | undefined; readonly base: Render; readonly merge: Render };
  readonly deployed: DeployedTarget | undefined;
  readonly pendingPulls: readonly PullNumber[];
  /** The targets of the test merge or the merge commit, rendered when they are asked for. */
  readonly neighbours: Neighbours;
}

/** A plan, with what applying it needs: in memory only, for the process that made it. */
export interface PlannedTarget {
  readonly plan: Plan;
  readonly facts: ReadonlyMap<string, ObjectFacts>;
  readonly addresses: ReadonlyMap<string, ObjectAddress>;
  readonly catalog: KindCatalog;
  readonly applySet: ApplySet;
  readonly owner: ApplySetOwner;
  readonly forceConflicts: ForceConflicts;
  readonly parent: JsonObject | undefined;
}

export interface PlanTargetPorts {
  readonly clock: Clock;
  readonly clusters: Clusters;
  readonly store: Pick<Store, 'secretKey'>;
}

/** Plans one target against its cluster. It writes nothing there; a cluster that does not answer makes an incomplete plan that says so. */
export async function planTarget(ports: PlanTargetPorts, request: PlanTargetRequest): Promise<PlannedTarget> {
  const cluster: ReadOnlyCluster | undefined = ports.clusters.find(request.cluster.name);
  if (cluster === undefined)
    return unplanned(
      request,
      `cluster ${request.cluster.name} is not among those that the server names (${ports.clusters.names.join(', ') || 'none'})`,
    );
  try {
    return await planOn(cluster, ports, request);
  } catch (error) {
    if (error instanceof ClusterUnavailable) return unplanned(request, error.message);
    throw error;
  }
}

async function planOn(
  cluster: ReadOnlyCluster,
  ports: PlanTargetPorts,
  request: PlanTargetRequest,
): Promise<PlannedTarget> {
  const [uid, catalog, secretKey] = await Promise.all([cluster.uid(), cluster.kinds(), ports.store.secretKey()]);
  const { renders, target } = request;
  const kind = planKind(request, uid);
  const rules = placementRules(target, request.cluster);
  const merge = placeObjects(renders.merge.objects, catalog, rules);
  const nothing: ReadonlyMap<string, PlacedObject> = new Map();
  const earlier = (render: Render | undefined) =>
    // An adoption has one step, from what is live to the test merge.
    kind === 'adoption' || render === undefined
      ? nothing
      : everythingPlaced(placeObjects(render.objects, catalog, rules));
  const base = earlier(renders.base);
  const deployed = earlier(renders.deployed);

  const owner: ApplySetOwner = { host: request.gitHubHost, repository: request.repository.id, target: target.name };
  const applySet = applySetOf(owner, request.cluster.ownerNamespace);
  const placed = new Map<string, PlacedObject>([...deployed, ...base, ...merge.objects]);
  const addresses = new Map<string, ObjectAddress>();
  for (const [key, object] of placed) if (object.served !== undefined) addresses.set(key, addressOf(object));

  const rendered: RenderedObject[] = [
    ...renders.merge.objects,
    ...renders.base.objects,
    ...(renders.deployed?.objects ?? []),
  ];
  const [{ live, owned }, published, admission, autoscalers] = await Promise.all([
    readTargetObjects(cluster, { wanted: addresses, set: applySet, catalog }),
    cluster.schemas(groupVersionsOf(rendered)),
    readAdmission(cluster, catalog),
    readAutoscalers(cluster, { merge: merge.objects, earlier: placed }, catalog),
  ]);
  const schemas = withIncoming(published, definedKinds(renders.merge.objects));
  const members: Members = owned.kind === 'read' ? owned.members : new Map();
  for (const [key, member] of members) if (!addresses.has(key)) addresses.set(key, member.address);

  const sources: FactSources = {
    renders: { merge: merge.objects, base, deployed },
    live,
    members,
    schemas,
    applySetId: applySet.id,
    stack: target.stack,
    autoscalers,
  };
  const gathered = [...new Set([...placed.keys(), ...members.keys()])]
    // Its error says what there is to say of it.
    .filter((key) => !merge.outdated.has(key))
    .map((key) => gatherFacts(key, sources));
  const here = {
    owner,
    applySetId: applySet.id,
    cluster: request.cluster,
    catalog,
    neighbours: request.neighbours,
  };
  const moves = moveBetweenTargets(gathered, await findSurroundings(ports.clusters, gathered, here));
  const facts = await Promise.all(
    moves.objects.map((object) =>
      withPrediction({ cluster, admission, applySet, addresses, stack: target.stack }, object),
    ),
  );

  const steps = assembleInSteps({
    target: target.name,
    cluster: { name: request.cluster.name, uid },
    kind,
    head: request.head,
    base: request.base,
    tree: request.tree,
    objects: facts,
    problems: [...renders.merge.problems, ...merge.problems, ...moves.problems, ...unreadable(owned)],
    complete: owned.kind === 'read',
    prune: pruning(request),
    pendingPulls: request.pendingPulls,
    stored: storedByObject(request.deployed),
    secretKey,
  });
  const leaves = await leftCluster(ports.clusters, request, uid);
  const plan = { ...(await inTurns(steps, ports.clock)), ...(leaves === undefined ? {} : { leaves }) };
  const factsByKey = new Map(facts.map((object) => [identityKey(object.identity), object]));
  const strangers = await strangersOf(cluster, { plan, facts: factsByKey, catalog });
  return {
    plan: strangers.length === 0 ? plan : { ...plan, problems: [...plan.problems, ...strangers] },
    facts: factsByKey,
    addresses,
    catalog,
    applySet,
    owner,
    forceConflicts: target.stack.forceConflicts,
    parent: owned.kind === 'read' ? owned.parent : undefined,
  };
}

/** What was deployed in a version that the cluster no longer has is there in another one. */
function everythingPlaced({ objects, outdated }: Placement): ReadonlyMap<string, PlacedObject> {
  return new Map([...outdated, ...objects]);
}

/** A namespace or a definition never goes while others have something in it. */
async function strangersOf(
  cluster: ReadOnlyCluster,
  at: {
    readonly plan: Plan;
    readonly facts: ReadonlyMap<string, ObjectFacts>;
    readonly catalog: KindCatalog;
  },
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const deletes = at.plan.changes.filter(({ action }) => action === 'delete').map(({ object }) => object);
  const deleted = new Set(deletes.map(identityKey));
  for (const identity of deletes) {
    const live = at.facts.get(identityKey(identity))?.live;
    if (!takesOthersAlong(identity) || live?.kind !== 'found') continue;
    const strangers = await findStrangers(cluster, { identity, object: live.object, deleted }, at.catalog);
    if (strangers.kind === 'unknown')
      problems.push({
        severity: 'error',
        message: `what ${identityText(identity)} holds could not be read: ${strangers.reason}`,
      });
    else if (strangers.objects.length > 0)
      problems.push({ severity: 'error', message: strangersText(identity, strangers.objects) });
  }
  return problems;
}

function pruning({ renders, target }: PlanTargetRequest): Pruning {
  if (renders.merge.problems.some((problem) => problem.severity === 'error')) return 'unsure';
  return target.stack.prune ? 'allowed' : 'disabled';
}

function planKind(request: PlanTargetRequest, uid: string): PlanKind {
  if (request.removed) return 'removal';
  return request.deployed === undefined || request.deployed.cluster !== uid ? 'adoption' : 'update';
}

/** The cluster that has what was deployed last, when this is another one; a server that no longer names it knows its UID only. */
async function leftCluster(
  clusters: Clusters,
  { deployed }: PlanTargetRequest,
  uid: ClusterUid,
): Promise<Plan['leaves']> {
  if (deployed === undefined || deployed.cluster === uid) return undefined;
  for (const name of clusters.names) {
    const found = await clusters
      .find(name)
      ?.uid()
      .catch(() => undefined);
    if (found === deployed.cluster) return { uid: deployed.cluster, name };
  }
  return { uid: deployed.cluster };
}

interface Predicting {
  readonly cluster: ReadOnlyCluster;
  readonly admission: MutatingAdmission;
  readonly applySet: ApplySet;
  readonly addresses: ReadonlyMap<string, ObjectAddress>;
  readonly stack: Stack;
}

async function withPrediction(
  { cluster, admission, applySet, addresses, stack }: Predicting,
  facts: ObjectFacts,
): Promise<ObjectFacts> {
  const address = addresses.get(identityKey(facts.identity));
  const { merge, live, schema, keeper } = facts;
  if (merge?.served === undefined || address === undefined || live.kind === 'unknown') return facts;
  if (keeper !== undefined) return facts;
  const onto =
    live.kind === 'found' ? ({ kind: 'update', live: live.object } as const) : ({ kind: 'nothing' } as const);
  const sent = sentObject({ content: merge.content, schema, ignored: facts.ignored, applySet, onto });
  const prediction = await predictApply(cluster, admission, { address, sent, live, schema });
  if (prediction.kind !== 'conflict' || !mayTakeFields(facts, prediction.conflicts, stack.forceConflicts))
    return { ...facts, prediction };
  return { ...facts, prediction, takenBack: await cluster.dryRunApply({ address, object: sent, force: true }) };
}

function unreadable(owned: OwnedObjects): readonly Problem[] {
  if (owned.kind === 'read') return [];
  return [
    {
      severity: 'error',
      message: `what this target owns could not be read, so nothing can be said about deletions: ${owned.refusal.message}`,
    },
  ];
}

function storedByObject(
  deployed: DeployedTarget | undefined,
): ReadonlyMap<string, ReadonlyMap<string, { readonly live: string; readonly rendered: string }>> {
  const byObject = new Map<string, Map<string, { readonly live: string; readonly rendered: string }>>();
  for (const leaf of deployed?.stored ?? []) {
    const key = identityKey(leaf.object);
    const leaves = byObject.get(key) ?? new Map();
    leaves.set(leaf.path, { live: leaf.live, rendered: leaf.rendered });
    byObject.set(key, leaves);
  }
  return byObject;
}

function addressOf(object: PlacedObject): ObjectAddress {
  if (object.served === undefined) throw new Error(`${identityText(object.identity)} is served by no API`);
  const { namespace, name } = object.identity;
  return { kind: object.served, ...(namespace === undefined ? {} : { namespace }), name };
}

/** The plan of a target whose cluster cannot be looked at: it holds the problems that the files have, and the cluster's. */
function unplanned(request: PlanTargetRequest, message: string): PlannedTarget {
  const owner: ApplySetOwner = {
    host: request.gitHubHost,
    repository: request.repository.id,
    target: request.target.name,
  };
  const plan: Plan = {
    digest: digestEffects([]),
    target: request.target.name,
    cluster: { name: request.cluster.name, uid: undefined },
    kind: request.removed ? 'removal' : request.deployed === undefined ? 'adoption' : 'update',
    head: request.head,
    base: request.base,
    tree: request.tree,
    effects: [],
    moves: [],
    changes: [],
    problems: [...request.renders.merge.problems, { severity: 'error', message }],
    complete: false,
    rendered: request.renders.merge.objects.length,
    owned: 0,
  };
  return {
    plan,
    facts: new Map(),
    addresses: new Map(),
    catalog: { kinds: [], broken: new Map() },
    applySet: applySetOf(owner, request.cluster.ownerNamespace),
    owner,
    forceConflicts: request.target.stack.forceConflicts,
    parent: undefined,
  };
}
