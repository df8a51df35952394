import type { JsonMap } from './json.ts';
import { without } from './json.ts';
import type { Kind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { AnswerForm } from './media-type.ts';

/** An object that a dry-run would create has no resourceVersion yet. */
const metadataOf = ({ metadata }: KubernetesObject): JsonMap =>
  metadata.resourceVersion === '' ? without(metadata, 'resourceVersion') : metadata;

const metadataOnly = (object: KubernetesObject): JsonMap => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: metadataOf(object),
});

/** One object as the client asked for it. */
export function objectAnswer(object: KubernetesObject, form: AnswerForm): JsonMap {
  if (form === 'metadata') return metadataOnly(object);
  const { kind, apiVersion } = object;
  return { kind, apiVersion, metadata: metadataOf(object), ...without(object, 'kind', 'apiVersion', 'metadata') };
}

/** A list as the client asked for it; the items of a real server's list do not repeat their kind. */
export function listAnswer(
  kind: Kind,
  items: readonly KubernetesObject[],
  metadata: JsonMap,
  form: AnswerForm,
): JsonMap {
  if (form === 'metadata') {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(metadataOnly),
    };
  }
  return {
    kind: `${kind.kind}List`,
    apiVersion: kind.apiVersion,
    metadata,
    items: items.map((item) => without(item, 'kind', 'apiVersion')),
  };
}
