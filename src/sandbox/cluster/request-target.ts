import type { Kind } from './kinds.ts';
import { kinds, podKind } from './kinds.ts';

/** What the path of a request is about. */
export type RequestTarget =
  | { readonly kind: 'collection'; readonly of: Kind; readonly namespace: string }
  | { readonly kind: 'object'; readonly of: Kind; readonly namespace: string; readonly name: string }
  | { readonly kind: 'log'; readonly namespace: string; readonly pod: string }
  | { readonly kind: 'unknown-resource' }
  | { readonly kind: 'other'; readonly path: string };

const roots: readonly { readonly path: string; readonly group: string }[] = [
  { path: '/api/v1/', group: '' },
  { path: '/apis/apps/v1/', group: 'apps' },
];

/** Reads a path below the API groups; anything else is `other`. */
export function parseRequestTarget(path: string): RequestTarget {
  const root = roots.find((candidate) => path.startsWith(candidate.path) && path.length > candidate.path.length);
  if (root === undefined) return { kind: 'other', path };
  const parts = path.slice(root.path.length).split('/').map(decodeURIComponent);
  const [first = '', second = '', plural] = parts;
  const isInNamespace = first === 'namespaces' && plural !== undefined;
  const [resource = '', name, ...further] = isInNamespace ? parts.slice(2) : parts;
  const of = kinds.find((kind) => kind.group === root.group && kind.plural === resource);
  if (of === podKind && isInNamespace && name !== undefined && further.length === 1 && further[0] === 'log')
    return { kind: 'log', namespace: second, pod: name };
  const isWrongScope = of === undefined || (isInNamespace ? !of.isNamespaced : of.isNamespaced && name !== undefined);
  if (isWrongScope || further.length > 0) return { kind: 'unknown-resource' };
  const namespace = isInNamespace ? second : '';
  return name === undefined ? { kind: 'collection', of, namespace } : { kind: 'object', of, namespace, name };
}
