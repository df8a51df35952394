import { isJsonObject, type JsonObject } from '../json.ts';
import { fieldPositions } from './field-positions.ts';
import { compactJsonBytes } from './json-size.ts';
import type { Decoded } from './manifest-file.ts';
import type { Position, Problem, RenderedObject } from './rendered-object.ts';
import { withStringDataEncoded } from './secret-data.ts';
import { withoutServerFields } from './server-fields.ts';
import type { YamlMapping, YamlNode } from './yaml-tree.ts';

/** etcd takes requests of 1.5 MiB; what is larger than this as JSON is refused before anything is sent. */
const maxObjectBytes = 1_048_576;

type At = (offset: number) => Position;

/** What an element of a typed list (`RoleList`) may leave out. */
interface Inherited {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The objects of one document: itself, or the elements of a `List` of any kind, however deep. */
export function readObjects(root: YamlNode, at: At): Decoded {
  const objects: RenderedObject[] = [];
  const problems: Problem[] = [];
  collect(root, undefined, at, { objects, problems });
  return { objects, problems };
}

function collect(
  node: YamlNode,
  inherited: Inherited | undefined,
  at: At,
  into: { readonly objects: RenderedObject[]; readonly problems: Problem[] },
): void {
  const refuse = (message: string) => into.problems.push({ severity: 'error', message, position: at(node.start) });
  if (node.kind !== 'mapping') {
    if (node.kind === 'scalar' && node.value === null && inherited === undefined) return;
    refuse(
      `${inherited === undefined ? 'a document' : 'an element of a list'} is ${nodeText(node)}, not a Kubernetes object`,
    );
    return;
  }
  const list = listOf(node);
  if (list === undefined) {
    const read = readObject(node, inherited, at);
    if (read.kind === 'object') into.objects.push(read.object);
    else into.problems.push(...read.problems);
    return;
  }
  for (const item of list.items) collect(item, list.inherited, at, into);
}

/** As kubectl has it: a kind that ends in `List`, with `items`. */
function listOf(node: YamlMapping): { readonly items: readonly YamlNode[]; readonly inherited: Inherited } | undefined {
  const { kind, apiVersion } = node.value;
  const items = node.entries.get('items')?.node;
  if (typeof kind !== 'string' || !kind.endsWith('List') || items === undefined) return undefined;
  if (items.kind === 'mapping' || (items.kind === 'scalar' && items.value !== null)) return undefined;
  const inherited = {
    apiVersion: typeof apiVersion === 'string' ? apiVersion : '',
    kind: kind.slice(0, -'List'.length),
  };
  return { items: items.kind === 'sequence' ? items.items : [], inherited };
}

type ObjectRead =
  | { readonly kind: 'object'; readonly object: RenderedObject }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

function readObject(node: YamlMapping, inherited: Inherited | undefined, at: At): ObjectRead {
  const problems: Problem[] = [];
  const refuse = (where: YamlNode | number, message: string) => {
    problems.push({ severity: 'error', message, position: at(typeof where === 'number' ? where : where.start) });
  };
  const sops = node.entries.get('sops');
  if (sops?.node.kind === 'mapping') {
    refuse(
      sops.keyStart,
      'this document is encrypted with SOPS, which is not decrypted here: take it out of the stack, or let an operator on the cluster decrypt it',
    );
    return { kind: 'refused', problems };
  }
  const inheritsKind =
    inherited !== undefined && inherited.kind !== '' && !node.entries.has('apiVersion') && !node.entries.has('kind');
  const apiVersion = inheritsKind ? inherited.apiVersion : text(node, 'apiVersion', refuse);
  const kind = inheritsKind ? inherited.kind : text(node, 'kind', refuse);
  if (apiVersion !== undefined && !/^(?:[^/\s]+\/)?[^/\s]+$/.test(apiVersion)) {
    refuse(node.entries.get('apiVersion')?.node ?? node, 'apiVersion is not of the form "v1" or "group/v1"');
  }
  const metadata = readMetadata(node, refuse);
  if (apiVersion === 'v1' && kind === 'Secret') checkTexts(node, 'stringData', '', refuse);
  if (problems.length > 0 || apiVersion === undefined || kind === undefined || metadata === undefined)
    return { kind: 'refused', problems };
  const { name, namespace } = metadata;
  const content = cleanContent(node.value, apiVersion, kind);
  const bytes = node.weight > maxObjectBytes / 8 ? compactJsonBytes(content) : 0;
  if (bytes > maxObjectBytes) {
    refuse(node, `${kind} ${name} has ${bytes} bytes as JSON; Kubernetes stores at most ${maxObjectBytes}: split it`);
    return { kind: 'refused', problems };
  }
  const position = at(node.start);
  const object = { apiVersion, kind, name, content, position, positions: fieldPositions(node, at) };
  return { kind: 'object', object: namespace === undefined ? object : { ...object, namespace } };
}

type Refuse = (where: YamlNode | number, message: string) => void;

function readMetadata(
  node: YamlMapping,
  refuse: Refuse,
): { readonly name: string; readonly namespace: string | undefined } | undefined {
  const entry = node.entries.get('metadata');
  if (entry === undefined) {
    refuse(node, `${objectText(node)} has no metadata: it needs at least metadata.name`);
    return undefined;
  }
  const metadata = entry.node;
  if (metadata.kind !== 'mapping') {
    refuse(entry.keyStart, `metadata is ${nodeText(metadata)}: it must be a mapping with at least a name`);
    return undefined;
  }
  checkTexts(metadata, 'labels', 'metadata.', refuse);
  checkTexts(metadata, 'annotations', 'metadata.', refuse);
  const namespace = readNamespace(metadata, refuse);
  const name = metadata.entries.get('name');
  if (name === undefined) {
    refuse(metadata.entries.get('generateName')?.keyStart ?? entry.keyStart, nameAdvice(node, metadata));
    return undefined;
  }
  if (name.node.kind !== 'scalar' || typeof name.node.value !== 'string' || name.node.value === '') {
    refuse(
      name.keyStart,
      `metadata.name is ${nodeText(name.node)}: it must be text${name.node.kind === 'scalar' ? '; quote it' : ''}`,
    );
    return undefined;
  }
  return { name: name.node.value, namespace };
}

function nameAdvice(node: YamlMapping, metadata: YamlMapping): string {
  if (metadata.entries.has('generateName')) {
    return `${objectText(node)} uses generateName, with which every apply would make another object: give it a fixed metadata.name`;
  }
  return `${objectText(node)} has no metadata.name: add one`;
}

/** An empty namespace is none, as for the API. */
function readNamespace(metadata: YamlMapping, refuse: Refuse): string | undefined {
  const entry = metadata.entries.get('namespace');
  if (entry === undefined || (entry.node.kind === 'scalar' && (entry.node.value === null || entry.node.value === '')))
    return undefined;
  if (entry.node.kind === 'scalar' && typeof entry.node.value === 'string') return entry.node.value;
  refuse(
    entry.keyStart,
    `metadata.namespace is ${nodeText(entry.node)}: it must be text${entry.node.kind === 'scalar' ? '; quote it' : ''}`,
  );
  return undefined;
}

/** Labels, annotations and the like hold texts; what is unquoted and not text is refused by the API in words that name no line. */
function checkTexts(parent: YamlMapping, field: string, prefix: string, refuse: Refuse): void {
  const entry = parent.entries.get(field);
  if (entry === undefined || (entry.node.kind === 'scalar' && entry.node.value === null)) return;
  if (entry.node.kind !== 'mapping') {
    refuse(entry.keyStart, `${prefix}${field} is ${nodeText(entry.node)}: it must be a mapping of texts`);
    return;
  }
  for (const [key, member] of entry.node.entries) {
    if (member.node.kind === 'scalar' && typeof member.node.value === 'string') continue;
    refuse(
      member.keyStart,
      `${prefix}${field}[${JSON.stringify(key)}] is ${nodeText(member.node)}: it must be text${member.node.kind === 'scalar' ? '; quote it' : ''}`,
    );
  }
}

/** A required text at the top of an object. */
function text(node: YamlMapping, field: 'apiVersion' | 'kind', refuse: Refuse): string | undefined {
  const entry = node.entries.get(field);
  if (entry === undefined) {
    refuse(node, `a document without ${field}: everything below a stack's directory must be a Kubernetes object`);
    return undefined;
  }
  if (entry.node.kind === 'scalar' && typeof entry.node.value === 'string' && entry.node.value !== '')
    return entry.node.value;
  refuse(entry.keyStart, `${field} is ${nodeText(entry.node)}: it must be text`);
  return undefined;
}

function cleanContent(value: JsonObject, apiVersion: string, kind: string): JsonObject {
  const named = value.apiVersion === apiVersion && value.kind === kind ? value : { ...value, apiVersion, kind };
  const cleaned = withoutServerFields(named);
  return apiVersion === 'v1' && kind === 'Secret' && 'stringData' in cleaned ? withStringDataEncoded(cleaned) : cleaned;
}

function objectText(node: YamlMapping): string {
  return typeof node.value.kind === 'string' ? `this ${node.value.kind}` : 'this object';
}

function nodeText(node: YamlNode): string {
  if (node.kind === 'sequence') return 'a list';
  if (isJsonObject(node.value)) return 'a mapping';
  if (node.value === null) return 'null';
  if (node.value === '') return 'empty';
  return typeof node.value === 'bigint'
    ? 'a number'
    : `a ${typeof node.value === 'string' ? 'text' : typeof node.value}`;
}
