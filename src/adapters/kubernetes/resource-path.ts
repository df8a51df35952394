import type { ObjectAddress, ServedKind } from '../../domain/plan/prediction.ts';

/**
 * Why an object cannot be asked for over HTTP, or undefined when it can. Names come from files that anybody may propose: an empty one
 * would address the whole collection, and one with a slash a subresource or another object.
 * The rule for names is that of the API server (`path.IsValidPathSegmentName`).
 */
export function unaddressable(address: ObjectAddress): string | undefined {
  if (!isPathSegment(address.name)) return `${JSON.stringify(address.name)} cannot be the name of an object`;
  if (!address.kind.namespaced) return undefined;
  if (address.namespace === undefined) return `a ${address.kind.kind} needs a namespace`;
  if (!isPathSegment(address.namespace))
    return `${JSON.stringify(address.namespace)} cannot be the name of a namespace`;
  return undefined;
}

/** The path of one object. Ask `unaddressable` first. */
export function objectPath(address: ObjectAddress): string {
  return `${collectionPath(address.kind, address.namespace)}/${encodeURIComponent(address.name)}`;
}

/** The path of a kind's objects, in one namespace or in all. */
export function collectionPath(kind: ServedKind, namespace: string | undefined): string {
  const root = groupVersionPath(groupVersion(kind));
  if (!kind.namespaced || namespace === undefined) return `${root}/${kind.resource}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${kind.resource}`;
}

/** `v1`, `apps/v1`: as `apiVersion` is written. */
export function groupVersion(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Where the API serves a group version. */
export function groupVersionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** `Deployment payments/web`, for messages. */
export function describeObject(address: ObjectAddress): string {
  const place = address.kind.namespaced && address.namespace !== undefined ? `${address.namespace}/` : '';
  return `${address.kind.kind} ${place}${address.name}`;
}

function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}
