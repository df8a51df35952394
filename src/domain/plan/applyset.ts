import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { parseTargetName, type RepositoryId, repositoryId, type TargetName } from '../identity.ts';
import type { JsonObject } from '../json.ts';
import type { ObjectIdentity } from '../manifest/rendered-object.ts';

/** Label of every object that a target owns. @see https://git.k8s.io/enhancements/keps/sig-cli/3659-kubectl-apply-prune */
export const partOfLabel = 'applyset.kubernetes.io/part-of';
export const idLabel = 'applyset.kubernetes.io/id';
const kindsAnnotation = 'applyset.kubernetes.io/contains-group-kinds';
const namespacesAnnotation = 'applyset.kubernetes.io/additional-namespaces';
const toolingAnnotation = 'applyset.kubernetes.io/tooling';
const ownerAnnotation = 'planwright.dev/target';

/** The set of objects that one target owns on a cluster; its parent is a ConfigMap. */
export interface ApplySet {
  readonly id: string;
  readonly parentName: string;
  readonly parentNamespace: string;
}

export interface ApplySetOwner {
  /** `github.com`, or the host of a GitHub Enterprise Server. */
  readonly host: string;
  readonly repository: RepositoryId;
  readonly target: TargetName;
}

/** The parent's name derives from host, repository id and target, so that a rename keeps it; the id from the parent, as the KEP says. */
export function applySetOf(owner: ApplySetOwner, parentNamespace: string): ApplySet {
  const owned = sha256(utf8ToBytes(`${owner.host}\n${owner.repository}\n${owner.target}`));
  const parentName = `planwright-${bytesToHex(owned).slice(0, 32)}`;
  const hash = sha256(utf8ToBytes(`${parentName}.${parentNamespace}.ConfigMap.`));
  return { id: `applyset-${base64Url(hash)}-v1`, parentName, parentNamespace };
}

/** Whether an object would be such a parent: nobody else gives a ConfigMap a name like this. */
export function isApplySetParent(object: ObjectIdentity): boolean {
  return object.group === '' && object.kind === 'ConfigMap' && /^planwright-[0-9a-f]{32}$/.test(object.name);
}

export interface ApplySetContents {
  /** `Deployment.apps`, `ConfigMap`: sorted, without repetition. */
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
}

/** The parent as it is applied. */
export function applySetParent(set: ApplySet, owner: ApplySetOwner, contents: ApplySetContents): JsonObject {
  const namespaces = contents.namespaces.filter((namespace) => namespace !== set.parentNamespace);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: set.parentName,
      namespace: set.parentNamespace,
      labels: { [idLabel]: set.id },
      annotations: {
        [toolingAnnotation]: 'planwright/v1',
        [kindsAnnotation]: contents.groupKinds.join(','),
        [namespacesAnnotation]: namespaces.join(','),
        [ownerAnnotation]: `${owner.host}/${owner.repository}/${owner.target}`,
      },
    },
  };
}

/** What the live parent says that the set contains; empty when it says nothing. */
export function readApplySetContents(parent: JsonObject): ApplySetContents {
  const annotations = member(member(parent, 'metadata'), 'annotations');
  return { groupKinds: list(annotations?.[kindsAnnotation]), namespaces: list(annotations?.[namespacesAnnotation]) };
}

/** Whose set a live parent stands for; undefined when it is not one of Planwright's, or claims to be another's. */
export function readApplySetOwner(parent: JsonObject): ApplySetOwner | undefined {
  const metadata = member(parent, 'metadata');
  const text = member(metadata, 'annotations')?.[ownerAnnotation];
  const [, host = '', id = '', target = ''] = /^([^/]+)\/([1-9][0-9]*)\/([^/]+@[^/]+)$/.exec(String(text ?? '')) ?? [];
  if (target === '' || typeof metadata?.['namespace'] !== 'string') return undefined;
  const owner: ApplySetOwner = { host, repository: repositoryId(Number(id)), target: parseTargetName(target) };
  return applySetOf(owner, metadata['namespace']).parentName === metadata['name'] ? owner : undefined;
}

/** The id of the set that an object belongs to. */
export function partOf(object: JsonObject): string | undefined {
  const label = member(member(object, 'metadata'), 'labels')?.[partOfLabel];
  return typeof label === 'string' ? label : undefined;
}

export function groupKindText(group: string, kind: string): string {
  return group === '' ? kind : `${kind}.${group}`;
}

function list(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(',').filter((item) => item !== '') : [];
}

function member(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = object?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function base64Url(bytes: Uint8Array): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(index, index + 3);
    const group = (first << 16) | (second << 8) | third;
    const length = Math.min(bytes.length - index, 3) + 1;
    for (let digit = 0; digit < length; digit += 1) text += digits[(group >> (18 - 6 * digit)) & 63] ?? '';
  }
  return text;
}
