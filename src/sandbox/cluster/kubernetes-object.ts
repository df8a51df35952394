import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonMap } from './json.ts';
import { without } from './json.ts';

export interface ObjectMeta {
  readonly [key: string]: Json;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
}

/** An object as it is stored: complete, in canonical form, with defaults. */
export interface KubernetesObject {
  readonly [key: string]: Json;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** The order in which a real server writes metadata; what is not named here follows. */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
];

/** Puts together an object from its parts, with its keys in the usual order; `managedFields` come last in metadata. */
export function composeObject(apiVersion: string, kind: string, metadata: JsonMap, rest: JsonMap): KubernetesObject {
  const first = metadataOrder.flatMap((key): [string, Json][] => {
    const value = metadata[key];
    return value === undefined ? [] : [[key, value]];
  });
  const others = Object.entries(without(metadata, ...metadataOrder));
  const { name = '', uid = '', resourceVersion = '', creationTimestamp = '' } = metadata;
  const complete: ObjectMeta = {
    ...Object.fromEntries([...first, ...others]),
    name: String(name),
    uid: String(uid),
    resourceVersion: String(resourceVersion),
    creationTimestamp: String(creationTimestamp),
  };
  return { apiVersion, kind, metadata: complete, ...without(rest, 'apiVersion', 'kind', 'metadata') };
}

/** The same object with some of its metadata replaced; a value of undefined removes the key. */
export function withMetadata(
  object: KubernetesObject,
  changes: Readonly<Record<string, Json | undefined>>,
): KubernetesObject {
  const metadata: Record<string, Json> = { ...object.metadata };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete metadata[key];
    else metadata[key] = value;
  }
  return composeObject(object.apiVersion, object.kind, metadata, object);
}

export const namespaceOf = (object: KubernetesObject): string =>
  typeof object.metadata.namespace === 'string' ? object.metadata.namespace : '';

/** Whether two versions of an object differ in nothing but their resourceVersion. */
export const isSameContent = (one: KubernetesObject, other: KubernetesObject): boolean =>
  isDeepStrictEqual(withMetadata(one, { resourceVersion: '' }), withMetadata(other, { resourceVersion: '' }));
