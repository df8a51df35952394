import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { groupOf, identityKey, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import type { ApplySet } from '../domain/plan/applyset.ts';
import { groupKindText, partOf, partOfLabel, readApplySetContents } from '../domain/plan/applyset.ts';
import type { LiveState } from '../domain/plan/object-facts.ts';
import type { KindCatalog, ObjectAddress, Refusal, ServedKind } from '../domain/plan/prediction.ts';
import type { ReadOnlyCluster } from './ports/cluster.ts';

/** What one target's plan needs to know of its cluster. */
export interface TargetObjects {
  /** Each wanted object as it is. */
  readonly live: ReadonlyMap<string, LiveState>;
  readonly owned: OwnedObjects;
}

export interface WantedObjects {
  /** Objects that some render of the target names. */
  readonly wanted: ReadonlyMap<string, ObjectAddress>;
  readonly set: ApplySet;
  readonly catalog: KindCatalog;
}

/**
 * Reads a target's objects: what it owns with one LIST a kind and namespace, by label, and then what is wanted beside that. On a target that is deployed
 * the first is nearly all there is to read, whatever else its namespaces hold.
 */
export async function readTargetObjects(cluster: ReadOnlyCluster, of: WantedObjects): Promise<TargetObjects> {
  const owned = await readOwnedObjects(cluster, of);
  const live = new Map<string, LiveState>();
  const others = new Map<string, ObjectAddress>();
  for (const [key, address] of of.wanted) {
    const member = owned.kind === 'read' ? owned.members.get(key) : undefined;
    if (member !== undefined && sameVersion(member.address.kind, address.kind))
      live.set(key, { kind: 'found', object: member.object });
    else others.set(key, address);
  }
  for (const [key, state] of await readLiveObjects(cluster, others)) live.set(key, state);
  return { live, owned };
}

function sameVersion(left: ServedKind, right: ServedKind): boolean {
  return left.group === right.group && left.version === right.version;
}

/** Reads these objects: one LIST where several share a kind and namespace, a GET where only one does. */
async function readLiveObjects(
  cluster: ReadOnlyCluster,
  wanted: ReadonlyMap<string, ObjectAddress>,
): Promise<ReadonlyMap<string, LiveState>> {
  const groups = new Map<string, { readonly key: string; readonly address: ObjectAddress }[]>();
  for (const [key, address] of wanted) {
    const group = `${address.kind.group}/${address.kind.version}/${address.kind.resource} ${address.namespace ?? ''}`;
    const others = groups.get(group);
    if (others === undefined) groups.set(group, [{ key, address }]);
    else others.push({ key, address });
  }
  const live = new Map<string, LiveState>();
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const [first] = group;
      if (first === undefined) return;
      if (group.length === 1) live.set(first.key, await getObject(cluster, first.address));
      else for (const [key, state] of await listObjects(cluster, group)) live.set(key, state);
    }),
  );
  return live;
}

async function getObject(cluster: ReadOnlyCluster, address: ObjectAddress): Promise<LiveState> {
  const answer = await cluster.get(address);
  if (answer.kind === 'found' || answer.kind === 'absent') return answer;
  return answer.kind === 'namespace-absent' ? { kind: 'absent' } : { kind: 'unknown', refusal: answer };
}

async function listObjects(
  cluster: ReadOnlyCluster,
  group: readonly { readonly key: string; readonly address: ObjectAddress }[],
): Promise<ReadonlyMap<string, LiveState>> {
  const [first] = group;
  if (first === undefined) return new Map();
  const { kind, namespace } = first.address;
  const answer = await cluster.list(kind, namespace === undefined ? {} : { namespace });
  // Who may not list may still be allowed to read what the manifests name.
  if (answer.kind === 'forbidden')
    return new Map(
      await Promise.all(group.map(async ({ key, address }) => [key, await getObject(cluster, address)] as const)),
    );
  if (answer.kind !== 'listed')
    return new Map(group.map(({ key }) => [key, { kind: 'unknown', refusal: answer } as const]));
  const byName = new Map(answer.items.map((item) => [nameOf(item), item]));
  return new Map(
    group.map(({ key, address }) => {
      const object = byName.get(address.name);
      return [key, object === undefined ? ({ kind: 'absent' } as const) : ({ kind: 'found', object } as const)];
    }),
  );
}

/** By identity key. */
export type Members = ReadonlyMap<
  string,
  { readonly identity: ObjectIdentity; readonly address: ObjectAddress; readonly object: JsonObject }
>;

/** What a target owns on its cluster, by the ownership labels. */
export type OwnedObjects =
  | {
      readonly kind: 'read';
      /** undefined: the target owns nothing here yet. */
      readonly parent: JsonObject | undefined;
      readonly members: Members;
    }
  | { readonly kind: 'unreadable'; readonly refusal: Refusal };

/** Lists the members of a set in the kinds and namespaces that its parent names. */
async function readOwnedObjects(
  cluster: ReadOnlyCluster,
  { set, catalog, wanted }: WantedObjects,
): Promise<OwnedObjects> {
  const parent = await cluster.get(parentAddress(set, catalog));
  if (parent.kind === 'absent' || parent.kind === 'namespace-absent')
    return { kind: 'read', parent: undefined, members: new Map() };
  if (parent.kind !== 'found') return { kind: 'unreadable', refusal: parent };

  const contents = readApplySetContents(parent.object);
  const namespaces = [...new Set([set.parentNamespace, ...contents.namespaces])];
  const silent = contents.groupKinds.map((groupKind) => brokenApiOf(groupKind, catalog)).find(Boolean);
  if (silent !== undefined) return { kind: 'unreadable', refusal: { kind: 'unavailable', message: silent } };
  const versions = wantedVersions(wanted);
  const lists = contents.groupKinds.flatMap(
    (groupKind): readonly { readonly kind: ServedKind; readonly namespace?: string }[] => {
      const kind = versions.get(groupKind) ?? catalog.kinds.find((served) => groupKind === groupKindOf(served));
      if (kind === undefined) return [];
      return kind.namespaced ? namespaces.map((namespace) => ({ kind, namespace })) : [{ kind }];
    },
  );
  const members = new Map<string, { identity: ObjectIdentity; address: ObjectAddress; object: JsonObject }>();
  const labelSelector = `${partOfLabel}=${set.id}`;
  const answers = await Promise.all(
    lists.map(async (list) => ({
      list,
      answer: await cluster.list(list.kind, {
        labelSelector,
        ...(list.namespace === undefined ? {} : { namespace: list.namespace }),
      }),
    })),
  );
  for (const { list, answer } of answers) {
    if (answer.kind !== 'listed') {
      if (answer.kind === 'not-served' || answer.kind === 'namespace-absent') continue;
      return { kind: 'unreadable', refusal: answer };
    }
    for (const object of answer.items) {
      const name = nameOf(object);
      if (partOf(object) !== set.id || name === undefined) continue;
      const namespace = list.kind.namespaced ? namespaceOf(object) : undefined;
      const identity: ObjectIdentity = {
        group: list.kind.group,
        kind: list.kind.kind,
        ...(namespace === undefined ? {} : { namespace }),
        name,
      };
      members.set(identityKey(identity), {
        identity,
        address: { kind: list.kind, ...(namespace === undefined ? {} : { namespace }), name },
        object,
      });
    }
  }
  return { kind: 'read', parent: parent.object, members };
}

/** The version that the renders ask for each kind in; a kind's objects are listed once, in one of them. */
function wantedVersions(wanted: ReadonlyMap<string, ObjectAddress>): ReadonlyMap<string, ServedKind> {
  const versions = new Map<string, ServedKind>();
  for (const { kind } of wanted.values()) versions.set(groupKindOf(kind), kind);
  return versions;
}

function groupKindOf({ group, kind }: ServedKind): string {
  return groupKindText(group, kind);
}

/** Members of a kind whose aggregated API does not answer are there all the same. */
function brokenApiOf(groupKind: string, { broken }: KindCatalog): string | undefined {
  const dot = groupKind.indexOf('.');
  const group = dot < 0 ? '' : groupKind.slice(dot + 1);
  const api = [...broken.keys()].find((groupVersion) => groupOf(groupVersion) === group);
  return api === undefined ? undefined : `${api} does not answer: ${broken.get(api)}`;
}

export function parentAddress(set: ApplySet, catalog: KindCatalog): ObjectAddress {
  const kind = catalog.kinds.find((served) => served.group === '' && served.kind === 'ConfigMap');
  if (kind === undefined)
    throw new Error(
      'the cluster serves no ConfigMap; it is not a Kubernetes API that Planwright can keep ownership records on',
    );
  return { kind, namespace: set.parentNamespace, name: set.parentName };
}

function nameOf(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function namespaceOf(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const namespace = isJsonObject(metadata) ? metadata['namespace'] : undefined;
  return typeof namespace === 'string' ? namespace : undefined;
}

export function groupVersionsOf(objects: Iterable<{ readonly apiVersion: string }>): readonly string[] {
  const versions = new Set<string>();
  for (const { apiVersion } of objects) versions.add(apiVersion);
  return [...versions].filter((version) => groupOf(version) !== 'apiextensions.k8s.io' || version.endsWith('/v1'));
}
