import type { Problem } from '../manifest/rendered-object.ts';
import type { YamlMapping, YamlNode } from '../manifest/yaml-tree.ts';
import type { Place } from './placed-node.ts';

/** Values that say no more than leaving the key out. */
type Harmless = (node: YamlNode) => boolean;

const never: Harmless = () => false;
const emptyList: Harmless = (node) => node.kind === 'sequence' && node.items.length === 0;
const only =
  (value: string | boolean): Harmless =>
  (node) =>
    node.value === value;

const inFile: ReadonlyMap<string, Harmless> = new Map([['policies', emptyList]]);
const inEnvironment: ReadonlyMap<string, Harmless> = new Map([
  ['bake', never],
  ['freeze', emptyList],
]);
const inStack: ReadonlyMap<string, Harmless> = new Map([
  ['renderer', only('manifests')],
  ['engine', only('kubernetes')],
  ['needs', emptyList],
  ['drift', never],
  ['helm', never],
  ['terraform', never],
]);

/**
 * What the published schema accepts and this version does not keep: an error on its line, for a promise that is silently not kept is worse than none.
 * A value that equals the default is fine.
 */
export function unsupportedKeys(root: YamlMapping, place: Place): readonly Problem[] {
  const environments = root.entries.get('environments')?.node;
  const stacks = root.entries.get('stacks')?.node;
  return [
    ...unsupportedIn(root, inFile, place),
    ...(environments?.kind === 'mapping'
      ? [...environments.entries.values()].flatMap(({ node }) => unsupportedIn(node, inEnvironment, place))
      : []),
    ...(stacks?.kind === 'sequence' ? stacks.items.flatMap((node) => unsupportedIn(node, inStack, place)) : []),
  ];
}

function unsupportedIn(node: YamlNode, keys: ReadonlyMap<string, Harmless>, place: Place): readonly Problem[] {
  if (node.kind !== 'mapping') return [];
  const problems: Problem[] = [];
  for (const [key, harmless] of keys) {
    const entry = node.entries.get(key);
    if (entry === undefined || harmless(entry.node)) continue;
    problems.push({
      severity: 'error',
      message: `${whatIsAsked(key, entry.node)} is not supported yet: take it out`,
      position: place(entry.keyStart),
    });
  }
  return problems;
}

function whatIsAsked(key: string, node: YamlNode): string {
  return typeof node.value === 'string' && key !== 'bake' ? `"${key}: ${node.value}"` : `"${key}"`;
}
