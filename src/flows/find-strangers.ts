import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { identityKey, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import type { KindCatalog, ServedKind } from '../domain/plan/prediction.ts';
import type { ReadOnlyCluster } from './ports/cluster.ts';

/** Kinds that tell of others, and that nobody puts anywhere by hand. */
const passing = new Set(['Event', 'Lease', 'Endpoints', 'EndpointSlice', 'PodMetrics', 'ControllerRevision']);

export type Strangers =
  | { readonly kind: 'found'; readonly objects: readonly ObjectIdentity[] }
  /** Something could not be listed, so that nothing is known. */
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * What deleting a Namespace or a CustomResourceDefinition would take with it besides what the plan deletes. Objects that a controller owns go with their
 * owner; those that every namespace has are nobody's.
 *
 * @param deleted keys of the objects that are deleted anyway
 */
export async function findStrangers(
  cluster: ReadOnlyCluster,
  doomed: { readonly identity: ObjectIdentity; readonly object: JsonObject; readonly deleted: ReadonlySet<string> },
  catalog: KindCatalog,
): Promise<Strangers> {
  const inside = insideOf(doomed, catalog);
  const objects: ObjectIdentity[] = [];
  for (const { kind, namespace } of inside) {
    const answer = await cluster.list(kind, namespace === undefined ? {} : { namespace });
    if (answer.kind === 'not-served' || answer.kind === 'namespace-absent') continue;
    if (answer.kind !== 'listed') return { kind: 'unknown', reason: answer.message };
    for (const item of answer.items) {
      const identity = identityOf(item, kind);
      if (
        identity !== undefined &&
        !doomed.deleted.has(identityKey(identity)) &&
        !isOwned(item) &&
        !isStandard(identity)
      )
        objects.push(identity);
    }
  }
  return { kind: 'found', objects };
}

function insideOf(
  { identity, object }: { readonly identity: ObjectIdentity; readonly object: JsonObject },
  catalog: KindCatalog,
): readonly { readonly kind: ServedKind; readonly namespace?: string }[] {
  const listed = catalog.kinds.filter((kind) => kind.verbs.includes('list') && !passing.has(kind.kind));
  if (identity.kind === 'Namespace') {
    const once = new Map(listed.filter((kind) => kind.namespaced).map((kind) => [`${kind.group}/${kind.kind}`, kind]));
    return [...once.values()].map((kind) => ({ kind, namespace: identity.name }));
  }
  const spec = map(object['spec']);
  const kind = listed.find((served) => served.group === spec['group'] && served.kind === map(spec['names'])['kind']);
  return kind === undefined ? [] : [{ kind }];
}

/** Whether this is a kind of object whose deletion takes others with it. */
export function takesOthersAlong(identity: ObjectIdentity): boolean {
  return (
    (identity.group === '' && identity.kind === 'Namespace') ||
    (identity.group === 'apiextensions.k8s.io' && identity.kind === 'CustomResourceDefinition')
  );
}

function identityOf(object: JsonObject, kind: ServedKind): ObjectIdentity | undefined {
  const metadata = map(object['metadata']);
  const { name, namespace } = metadata;
  if (typeof name !== 'string') return undefined;
  return {
    group: kind.group,
    kind: kind.kind,
    ...(kind.namespaced && typeof namespace === 'string' ? { namespace } : {}),
    name,
  };
}

function isOwned(object: JsonObject): boolean {
  const owners = map(object['metadata'])['ownerReferences'];
  return isJsonArray(owners) && owners.length > 0;
}

function isStandard({ kind, name }: ObjectIdentity): boolean {
  return (
    (kind === 'ConfigMap' && name === 'kube-root-ca.crt') ||
    (kind === 'ServiceAccount' && name === 'default') ||
    (kind === 'Secret' && name.startsWith('default-token-'))
  );
}

function map(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** One sentence on what would go too. */
export function strangersText(identity: ObjectIdentity, strangers: readonly ObjectIdentity[]): string {
  const shown = strangers.slice(0, 5).map((other) => `${other.kind} ${other.name}`);
  const more = strangers.length > shown.length ? ` and ${strangers.length - shown.length} more` : '';
  return `${identity.kind} ${identity.name} still holds ${shown.join(', ')}${more}, which this plan does not delete; remove them first, or keep it`;
}
