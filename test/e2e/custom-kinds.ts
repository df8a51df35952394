import { setTimeout as pause } from 'node:timers/promises';
import { groupVersion, objectPath } from '../../src/adapters/kubernetes/resource-path.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import { groupOf, type RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import type { ServedKind } from '../../src/domain/plan/prediction.ts';
import type { RealCluster } from './real-cluster.ts';
import { clusterScopedKinds } from './real-pairs.ts';

/**
 * Definitions that accept everything, for the kinds whose real ones are in no file. Kinds that one of the objects defines, and those of Kubernetes' own
 * groups, are left to the change. Resolves when the kinds are served.
 */
export async function defineKinds(cluster: RealCluster, objects: readonly RenderedObject[]): Promise<void> {
  const served = await cluster.kinds();
  const brought = new Set(objects.flatMap(definedKind));
  const custom = objects.filter(
    (object) =>
      groupOf(object.apiVersion).includes('.') && !isServed(served, object) && !brought.has(groupKind(object)),
  );
  for (const same of Map.groupBy(custom, groupKind).values()) {
    const definition = definitionOf(same);
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    await cluster.apply(path, definition);
    cluster.removeAfterwards(path);
  }
  const deadline = Date.now() + 30_000;
  for (let kinds = served; !custom.every((object) => isServed(kinds, object)); kinds = await cluster.kinds()) {
    if (Date.now() > deadline) throw new Error('the custom kinds are not served 30 s after they were defined');
    await pause(100);
  }
}

/** Where the object is on the cluster; undefined while the cluster does not serve its kind and version. */
export function pathOf(
  kinds: readonly ServedKind[],
  object: RenderedObject,
  defaultNamespace: string,
): string | undefined {
  const kind = kinds.find(
    (candidate) => candidate.kind === object.kind && groupVersion(candidate) === object.apiVersion,
  );
  if (kind === undefined) return undefined;
  const place = kind.namespaced ? { namespace: object.namespace ?? defaultNamespace } : {};
  return objectPath({ kind, name: object.name, ...place });
}

const groupKind = (object: RenderedObject) => `${groupOf(object.apiVersion)} ${object.kind}`;

function isServed(kinds: readonly ServedKind[], object: RenderedObject): boolean {
  return kinds.some((kind) => kind.kind === object.kind && kind.group === groupOf(object.apiVersion));
}

function definedKind({ kind, content }: RenderedObject): readonly string[] {
  if (kind !== 'CustomResourceDefinition' || !isJsonObject(content.spec) || !isJsonObject(content.spec.names))
    return [];
  return [`${String(content.spec.group)} ${String(content.spec.names.kind)}`];
}

function definitionOf(same: readonly RenderedObject[]) {
  const [{ kind, apiVersion } = { kind: '', apiVersion: '' }] = same;
  const group = groupOf(apiVersion);
  const plural = `${kind.toLowerCase()}s`;
  const versions = [...new Set(same.map((object) => object.apiVersion.slice(group.length + 1)))];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Kubernetes asks for it where a group ends in its own domain.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a definition of a test' },
    },
    spec: {
      group,
      scope: clusterScopedKinds.includes(kind) ? 'Cluster' : 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  };
}
