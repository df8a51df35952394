import { isJsonObject, type JsonObject } from '../json.ts';
import {
  groupOf,
  identityKey,
  identityText,
  type ObjectIdentity,
  type Problem,
  type RenderedObject,
} from '../manifest/rendered-object.ts';
import { type DefinedKind, definedKinds } from '../schema/incoming-schemas.ts';
import { annotationProblems } from './annotations.ts';
import { isApplySetParent } from './applyset.ts';
import type { KindCatalog, ServedKind } from './prediction.ts';

/** Where a stack's objects may go. */
export interface PlacementRules {
  /** For objects that name no namespace. */
  readonly defaultNamespace?: string;
  /** The stack's own bound, where it has one. */
  readonly namespaces?: readonly string[];
  /** The server's bound for the cluster; undefined: any but `kube-*`. */
  readonly serverNamespaces?: readonly string[];
  /** Kinds without namespace that the stack may touch; `*` is any. */
  readonly clusterScoped: readonly string[];
}

/** A rendered object that knows its place on the cluster. */
export interface PlacedObject {
  readonly identity: ObjectIdentity;
  readonly rendered: RenderedObject;
  /** The content with the namespace that it will be sent with. */
  readonly content: JsonObject;
  /** `kind.served` is undefined while nothing on the cluster serves the kind. */
  readonly served: ServedKind | undefined;
  /** The CRD of the same change defines the kind. */
  readonly incoming: boolean;
  readonly notes: readonly string[];
}

export interface Placement {
  readonly objects: ReadonlyMap<string, PlacedObject>;
  /**
   * Objects in a version or group that the cluster no longer has, by the identity that they have in its others. They cannot be sent, but what was deployed
   * or merged so is still the same object.
   */
  readonly outdated: ReadonlyMap<string, PlacedObject>;
  readonly problems: readonly Problem[];
}

/**
 * Gives each object its place: the kind's scope decides whether its namespace counts; the stack's and the server's bounds decide whether it may go there.
 * An object that may not is a problem and is left out; the others are placed all the same.
 */
export function placeObjects(
  rendered: readonly RenderedObject[],
  catalog: KindCatalog,
  rules: PlacementRules,
): Placement {
  const incoming = new Map(definedKinds(rendered).map((defined) => [`${defined.group}/${defined.kind}`, defined]));
  const objects = new Map<string, PlacedObject>();
  const outdated = new Map<string, PlacedObject>();
  const problems: Problem[] = [];

  for (const object of rendered) {
    const group = groupOf(object.apiVersion);
    const found = findKind(catalog, incoming, object);
    if (found.problem !== undefined) {
      problems.push({ severity: 'error', message: found.problem, position: object.position });
      if (found.served === undefined) continue;
    }
    const namespaced = found.namespaced ?? (object.namespace !== undefined || rules.defaultNamespace !== undefined);
    const namespace = namespaced ? (object.namespace ?? rules.defaultNamespace) : undefined;
    const identity: ObjectIdentity = {
      group: found.served?.group ?? group,
      kind: object.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name: object.name,
    };
    const refusal = refusalOf(identity, namespaced, rules);
    if (refusal !== undefined) {
      problems.push({ severity: 'error', message: refusal, position: object.position });
      continue;
    }
    const key = identityKey(identity);
    const placed: PlacedObject = {
      identity,
      rendered: object,
      content: withNamespace(object.content, namespace),
      served: found.served,
      incoming: found.incoming,
      notes:
        !namespaced && object.namespace !== undefined
          ? [`${object.kind} has no namespace; ${JSON.stringify(object.namespace)} is ignored`]
          : [],
    };
    if (found.problem !== undefined) {
      outdated.set(key, placed);
      continue;
    }
    const earlier = objects.get(key);
    if (earlier !== undefined) {
      const place = `${earlier.rendered.position.path}:${earlier.rendered.position.line}`;
      problems.push({
        severity: 'error',
        message: `${identityText(identity)} is here a second time; the first is at ${place}. Keep one of them.`,
        position: object.position,
      });
      continue;
    }
    problems.push(...annotationProblems(identity, object));
    objects.set(key, placed);
  }
  return { objects, outdated, problems };
}

interface FoundKind {
  /** With a problem: another version, or the group's successor, that the cluster has. */
  readonly served?: ServedKind;
  readonly namespaced?: boolean;
  readonly incoming: boolean;
  readonly problem?: string;
}

function findKind(catalog: KindCatalog, incoming: ReadonlyMap<string, DefinedKind>, object: RenderedObject): FoundKind {
  const group = groupOf(object.apiVersion);
  const versions = catalog.kinds.filter((kind) => kind.group === group && kind.kind === object.kind);
  const served = versions.find((kind) => apiVersionOf(kind) === object.apiVersion);
  if (served !== undefined) return { served, namespaced: served.namespaced, incoming: false };
  const defined = incoming.get(`${group}/${object.kind}`);
  // A kind's scope never changes: what the cluster has counts more than what a definition in the change claims.
  if (defined?.apiVersions.includes(object.apiVersion) === true)
    return { namespaced: versions[0]?.namespaced ?? defined.namespaced, incoming: true };
  const broken = catalog.broken.get(object.apiVersion);
  if (broken !== undefined)
    return {
      incoming: false,
      problem: `${object.kind} ${object.name}: the API ${object.apiVersion} of the cluster does not answer: ${broken}`,
    };
  const [other] = versions.length > 0 ? versions : successors(catalog, object);
  if (other !== undefined)
    return {
      served: other,
      namespaced: other.namespaced,
      incoming: false,
      problem: removedKind(catalog, object, versions),
    };
  return { incoming: false, ...(isBuiltIn(group) ? { problem: removedKind(catalog, object, versions) } : {}) };
}

/** The group of a CustomResourceDefinition or of an APIService has a dot; what is not served of the others never will be. */
function isBuiltIn(group: string): boolean {
  return !group.includes('.');
}

/**
 * Groups whose kinds went to others for good: an object of theirs is one of the new group now.
 *
 * @see https://kubernetes.io/docs/reference/using-api/deprecation-guide/
 */
const groupSuccessors: ReadonlyMap<string, readonly string[]> = new Map([
  ['extensions', ['apps', 'networking.k8s.io']],
]);

function successors({ kinds }: KindCatalog, object: RenderedObject): readonly ServedKind[] {
  const groups = groupSuccessors.get(groupOf(object.apiVersion)) ?? [];
  return kinds.filter(({ group, kind }) => kind === object.kind && groups.includes(group));
}

function removedKind(catalog: KindCatalog, object: RenderedObject, versions: readonly ServedKind[]): string {
  const others = versions.length > 0 ? versions : catalog.kinds.filter((kind) => kind.kind === object.kind);
  const elsewhere = others.map(apiVersionOf);
  const instead = elsewhere.length === 0 ? ', and no other group has it' : `; it has ${elsewhere.join(', ')}`;
  return `the cluster does not serve ${object.kind} as ${object.apiVersion}${instead}`;
}

export function apiVersionOf(kind: ServedKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

function refusalOf(identity: ObjectIdentity, namespaced: boolean, rules: PlacementRules): string | undefined {
  const what = identityText(identity);
  if (isApplySetParent(identity))
    return `${what} is a record of what a target owns, which only Planwright writes; take it out of the stack`;
  if (!namespaced) {
    if (rules.clusterScoped.includes(identity.kind) || rules.clusterScoped.includes('*'))
      return namespaceBound(identity, rules, what);
    return `${what} belongs to no namespace, and this stack may not touch such kinds; add it to the stack's \`cluster_scoped: [${identity.kind}]\``;
  }
  const namespace = identity.namespace;
  if (namespace === undefined)
    return `${what} names no namespace; write metadata.namespace, or give the stack a \`namespace\``;
  return namespaceRefusal(namespace, what, rules);
}

/** A Namespace object counts as being in the namespace that it is. */
function namespaceBound(identity: ObjectIdentity, rules: PlacementRules, what: string): string | undefined {
  return identity.kind === 'Namespace' && identity.group === ''
    ? namespaceRefusal(identity.name, what, rules)
    : undefined;
}

function namespaceRefusal(namespace: string, what: string, rules: PlacementRules): string | undefined {
  if (rules.namespaces !== undefined && !rules.namespaces.some((pattern) => matches(pattern, namespace))) {
    return `${what} is in namespace ${namespace}, and this stack may touch only ${rules.namespaces.join(', ')}`;
  }
  const allowed =
    rules.serverNamespaces?.some((pattern) => matches(pattern, namespace)) ?? !namespace.startsWith('kube-');
  if (allowed) return undefined;
  const bound =
    rules.serverNamespaces === undefined
      ? "kube-* is the cluster's own unless the server's `namespaces` names it"
      : 'the server does not allow it on this cluster';
  return `${what} is in namespace ${namespace}; ${bound}`;
}

/** `*` alone or at an end; enough for namespaces, and it cannot explode. */
function matches(pattern: string, namespace: string): boolean {
  if (pattern.endsWith('*')) return namespace.startsWith(pattern.slice(0, -1));
  return pattern === namespace;
}

function withNamespace(content: JsonObject, namespace: string | undefined): JsonObject {
  const metadata = isJsonObject(content['metadata']) ? content['metadata'] : {};
  if (metadata['namespace'] === namespace) return content;
  const { namespace: _ignored, ...rest } = metadata;
  return { ...content, metadata: namespace === undefined ? rest : { ...rest, namespace } };
}
