import { readKubectlKey, readKubectlScalar } from '../manifest/kubectl-scalar.ts';
import { type LineColumn, lineIndex } from '../manifest/line-index.ts';
import { readYaml, type YamlMapping, type YamlNode } from '../manifest/yaml-tree.ts';
import type { InputReference } from './input-reference.ts';

export type At = (node: { readonly start: number }) => LineColumn;

/** Ten times as much as the largest kustomizations in use: a hostile one must not take long to parse. */
const maxLength = 256 * 1024;

/** What `read` finds in each document of a renderer's file, which kustomize and helm read as kubectl does. Never throws: what is no mapping, and what is no YAML, cannot be told. */
export function readDocuments(
  text: string,
  read: (root: YamlMapping, at: At) => readonly InputReference[],
): readonly InputReference[] {
  if (text.length > maxLength) return [unknown('the file is larger than 256 KiB', { line: 1, column: 1 })];
  const place = lineIndex(text);
  const at: At = ({ start }) => place(start);
  const answer = readYaml(text, {
    readScalar: readKubectlScalar,
    readKey: readKubectlKey,
    mergeKeys: 'in-order',
    maxAliasedWeight: maxLength,
  });
  if (answer.kind === 'invalid') return [unknown(answer.fault.message, place(answer.fault.offset))];
  return answer.documents.flatMap(({ root, faults }) => {
    const fault = faults.find(({ severity }) => severity === 'error');
    if (fault !== undefined) return [unknown(fault.message, place(fault.offset))];
    if (root === undefined) return [];
    return root.kind === 'mapping' ? read(root, at) : [unknown('it is no mapping', at(root))];
  });
}

export function unknown(reason: string, at: LineColumn): InputReference {
  return { kind: 'unknown', reason, at };
}

/** The items of a list; of a single value, that one; of nothing, none. */
export function itemsOf(root: YamlMapping, key: string): readonly YamlNode[] {
  const node = root.entries.get(key)?.node;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  return node.kind === 'sequence' ? node.items : [node];
}

/** A text that stands under the key; undefined where there is none, or an empty one. */
export function textAt(root: YamlMapping, key: string): { readonly text: string; readonly node: YamlNode } | undefined {
  const node = root.entries.get(key)?.node;
  return node?.kind === 'scalar' && typeof node.value === 'string' && node.value !== ''
    ? { text: node.value, node }
    : undefined;
}

/** The texts of a list; an item that is none cannot be told. */
export function eachText(
  root: YamlMapping,
  { key, at }: { readonly key: string; readonly at: At },
  read: (text: string, node: YamlNode) => readonly InputReference[],
): readonly InputReference[] {
  return itemsOf(root, key).flatMap((node) =>
    node.kind === 'scalar' && typeof node.value === 'string'
      ? read(node.value, node)
      : [unknown(`an item of "${key}" is no text`, at(node))],
  );
}

/** The mappings of a list; an item that is none cannot be told. */
export function eachMapping(
  root: YamlMapping,
  { key, at }: { readonly key: string; readonly at: At },
  read: (mapping: YamlMapping) => readonly InputReference[],
): readonly InputReference[] {
  return itemsOf(root, key).flatMap((node) =>
    node.kind === 'mapping' ? read(node) : [unknown(`an item of "${key}" is no mapping`, at(node))],
  );
}
