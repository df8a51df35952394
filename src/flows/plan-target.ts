import type { ServerCluster } from '../domain/config/server-settings.ts';
import type { CommitSha, PullNumber, Repository, TreeSha } from '../domain/identity.ts';
import { isJsonObject, type JsonObject, sameJson } from '../domain/json.ts';
import { identityKey, identityText, type Problem, type RenderedObject } from '../domain/manifest/rendered-object.ts';
import { type ApplySet, type ApplySetOwner, applySetOf, partOf, partOfLabel } from '../domain/plan/applyset.ts';
import { assemblePlan } from '../domain/plan/assemble-plan.ts';
import { digestEffects } from '../domain/plan/digest.ts';
import { apiFieldPath } from '../domain/plan/field-path.ts';
import type { SchemaLookup } from '../domain/plan/field-schema.ts';
import { type Leaves, leavesOf } from '../domain/plan/leaves.ts';
import type { MutatingAdmission } from '../domain/plan/mutating-admission.ts';
import type { LiveState, ObjectFacts } from '../domain/plan/object-facts.ts';
import { type PlacedObject, type PlacementRules, placeObjects } from '../domain/plan/place-objects.ts';
import type { Plan, PlanKind } from '../domain/plan/plan.ts';
import { type Pruning, readVersion } from '../domain/plan/plan-object.ts';
import type { ApplyAnswer, KindCatalog, ObjectAddress } from '../domain/plan/prediction.ts';
import { valueAt } from '../domain/plan/steps.ts';
import type { Target } from '../domain/target/target.ts';
import { findStrangers, strangersText, takesOthersAlong } from './find-strangers.ts';
import { type Clusters, ClusterUnavailable, type ReadOnlyCluster } from './ports/cluster.ts';
import type { DeployedTarget, Store } from './ports/store.ts';
import { predictApply } from './predict-apply.ts';
import { readAdmission } from './read-admission.ts';
import { groupVersionsOf, type OwnedObjects, readTargetObjects } from './read-cluster.ts';
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
}

/** A plan, with what applying it needs: in memory only, for the process that made it. */
export interface PlannedTarget {
  readonly plan: Plan;
  readonly facts: ReadonlyMap<string, ObjectFacts>;
  readonly addresses: ReadonlyMap<string, ObjectAddress>;
  readonly catalog: KindCatalog;
  readonly applySet: ApplySet;
  readonly owner: ApplySetOwner;
  readonly parent: JsonObject | undefined;
}

export interface PlanTargetPorts {
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
  const rules: PlacementRules = {
    clusterScoped: target.stack.clusterScoped,
    ...(target.stack.namespace === undefined ? {} : { defaultNamespace: target.stack.namespace }),
    ...(target.stack.namespaces === undefined ? {} : { namespaces: target.stack.namespaces }),
    ...(request.cluster.namespaces === undefined ? {} : { serverNamespaces: request.cluster.namespaces }),
  };
  const merge = placeObjects(renders.merge.objects, catalog, rules);
  const base = placeObjects(renders.base.objects, catalog, rules);
  const deployed = kind === 'adoption' ? undefined : placeObjects(renders.deployed?.objects ?? [], catalog, rules);

  const owner: ApplySetOwner = { host: request.gitHubHost, repository: request.repository.id, target: target.name };
  const applySet = applySetOf(owner, request.cluster.ownerNamespace);
  const placed = new Map<string, PlacedObject>([
    ...(deployed?.objects ?? []),
    ...(kind === 'adoption' ? [] : base.objects),
    ...merge.objects,
  ]);
  const addresses = new Map<string, ObjectAddress>();
  for (const [key, object] of placed) if (object.served !== undefined) addresses.set(key, addressOf(object));

  const rendered: RenderedObject[] = [
    ...renders.merge.objects,
    ...renders.base.objects,
    ...(renders.deployed?.objects ?? []),
  ];
  const [{ live, owned }, schemas, admission] = await Promise.all([
    readTargetObjects(cluster, { wanted: addresses, set: applySet, catalog }),
    cluster.schemas(groupVersionsOf(rendered)),
    readAdmission(cluster, catalog),
  ]);
  const members = owned.kind === 'read' ? owned.members : new Map();
  for (const [key, member] of members) if (!addresses.has(key)) addresses.set(key, member.address);

  // An adoption has one step, from what is live to the test merge.
  const nothing: ReadonlyMap<string, PlacedObject> = new Map();
  const known = {
    merge: merge.objects,
    base: kind === 'adoption' ? nothing : base.objects,
    deployed: deployed?.objects ?? nothing,
  };
  const before = [...new Set([...placed.keys(), ...members.keys()])].map((key) =>
    factsOf({ key, known, live, owned, schemas, applySet }),
  );
  const facts = await Promise.all(
    before.map((object) => withPrediction({ cluster, admission, applySet, addresses }, object)),
  );
  const foreign = facts.flatMap((object) => foreignOwner(object, applySet));

  const plan = assemblePlan({
    target: target.name,
    cluster: { name: request.cluster.name, uid },
    kind,
    head: request.head,
    base: request.base,
    tree: request.tree,
    objects: facts,
    problems: [...renders.merge.problems, ...merge.problems, ...foreign, ...unreadable(owned)],
    complete: owned.kind === 'read',
    prune: pruning(request),
    pendingPulls: request.pendingPulls,
    stored: storedByObject(request.deployed),
    secretKey,
  });
  const factsByKey = new Map(facts.map((object) => [identityKey(object.identity), object]));
  const strangers = await strangersOf(cluster, { plan, facts: factsByKey, catalog });
  return {
    plan: strangers.length === 0 ? plan : { ...plan, problems: [...plan.problems, ...strangers] },
    facts: factsByKey,
    addresses,
    catalog,
    applySet,
    owner,
    parent: owned.kind === 'read' ? owned.parent : undefined,
  };
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

interface FactSources {
  readonly key: string;
  readonly known: { readonly [stage in 'merge' | 'base' | 'deployed']: ReadonlyMap<string, PlacedObject> };
  readonly live: ReadonlyMap<string, LiveState>;
  readonly owned: OwnedObjects;
  readonly schemas: SchemaLookup;
  readonly applySet: ApplySet;
}

function factsOf({ key, known, live, owned, schemas, applySet }: FactSources): ObjectFacts {
  const [merge, base, deployed] = [known.merge.get(key), known.base.get(key), known.deployed.get(key)];
  const member = owned.kind === 'read' ? owned.members.get(key) : undefined;
  const identity = merge?.identity ?? base?.identity ?? deployed?.identity ?? member?.identity;
  if (identity === undefined) throw new Error(`no render and no set knows ${key}`);
  const state: LiveState =
    live.get(key) ?? (member === undefined ? { kind: 'absent' } : { kind: 'found', object: member.object });
  const version = readVersion({
    ...(merge === undefined ? {} : { merge }),
    ...(base === undefined ? {} : { base }),
    ...(deployed === undefined ? {} : { deployed }),
  });
  return {
    identity,
    ...(merge === undefined ? {} : { merge }),
    ...(base === undefined ? {} : { base }),
    ...(deployed === undefined ? {} : { deployed }),
    live: state,
    member: state.kind === 'found' && partOf(state.object) === applySet.id,
    schema: schemas(
      version ?? String(merge?.content['apiVersion'] ?? member?.object['apiVersion'] ?? ''),
      identity.kind,
    ),
  };
}

interface Predicting {
  readonly cluster: ReadOnlyCluster;
  readonly admission: MutatingAdmission;
  readonly applySet: ApplySet;
  readonly addresses: ReadonlyMap<string, ObjectAddress>;
}

async function withPrediction(
  { cluster, admission, applySet, addresses }: Predicting,
  facts: ObjectFacts,
): Promise<ObjectFacts> {
  const address = addresses.get(identityKey(facts.identity));
  if (facts.merge?.served === undefined || address === undefined || facts.live.kind === 'unknown') return facts;
  const sent = withOwnership(facts.merge.content, applySet);
  const prediction = await predictApply(cluster, admission, { address, sent, live: facts.live, schema: facts.schema });
  if (prediction.kind !== 'conflict' || !isOwnDrift(facts, prediction)) return { ...facts, prediction };
  return { ...facts, prediction, takenBack: await cluster.dryRunApply({ address, object: sent, force: true }) };
}

/** Every field in conflict was set by this target's deployed commit and was changed by hand since. */
export function isOwnDrift(facts: ObjectFacts, answer: Extract<ApplyAnswer, { readonly kind: 'conflict' }>): boolean {
  if (facts.deployed === undefined || facts.live.kind !== 'found' || answer.conflicts.length === 0) return false;
  const deployed = leavesOf(facts.deployed.content, facts.schema);
  const live = leavesOf(facts.live.object, facts.schema);
  const drifted = new Set<string>();
  for (const leaf of deployed.byPath.values())
    if (!sameJson(valueAt(live, leaf), leaf.value)) drifted.add(apiFieldPath(leaf.segments));
  return answer.conflicts.every(
    (conflict) => drifted.has(conflict.field) || hasDriftBelow(conflict.field, drifted, deployed),
  );
}

/** The API names the whole list or map where it is owned as one item (`.spec.ports[port=80]`). */
function hasDriftBelow(field: string, drifted: ReadonlySet<string>, deployed: Leaves): boolean {
  if (![...deployed.byPath.values()].some((leaf) => apiFieldPath(leaf.segments).startsWith(`${field}.`))) return false;
  return [...drifted].some((path) => path.startsWith(`${field}.`));
}

/** The object as it is sent: one apply carries the rendered fields and the ownership label. */
export function withOwnership(content: JsonObject, applySet: ApplySet): JsonObject {
  const metadata = isJsonObject(content['metadata']) ? content['metadata'] : {};
  const labels = isJsonObject(metadata['labels']) ? metadata['labels'] : {};
  return { ...content, metadata: { ...metadata, labels: { ...labels, [partOfLabel]: applySet.id } } };
}

function foreignOwner(facts: ObjectFacts, applySet: ApplySet): readonly Problem[] {
  if (facts.merge === undefined || facts.live.kind !== 'found') return [];
  const owner = partOf(facts.live.object);
  if (owner === undefined || owner === applySet.id) return [];
  const message = `${identityText(facts.identity)} belongs to another set (${owner}); remove it there first, or keep it in one target only`;
  return [{ severity: 'error', message, position: facts.merge.rendered.position }];
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
    parent: undefined,
  };
}
