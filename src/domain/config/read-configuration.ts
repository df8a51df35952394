import { readCoreKey, readCoreScalar } from '../manifest/core-scalar.ts';
import { lineIndex } from '../manifest/line-index.ts';
import type { Position, Problem } from '../manifest/rendered-object.ts';
import { readYaml, type YamlDialect, type YamlMapping } from '../manifest/yaml-tree.ts';
import type { Configuration } from './config.ts';
import { readEnvironments } from './read-environments.ts';
import { readStacks } from './read-stacks.ts';
import { validateShape } from './schema-problems.ts';
import { unsupportedKeys } from './unsupported-keys.ts';

/** What the reader must know of the server: the clusters that it has credentials for. */
export interface ServerFacts {
  readonly clusters: readonly string[];
}

export type ConfigurationRead =
  | { readonly kind: 'read'; readonly configuration: Configuration; readonly warnings: readonly Problem[] }
  /** At least one error: no part of the file may be used. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

const maxFileLength = 1024 * 1024;
const yaml12: YamlDialect = {
  readScalar: readCoreScalar,
  readKey: readCoreKey,
  mergeKeys: 'refused',
  maxAliasedWeight: maxFileLength,
};

/**
 * Reads `.github/planwright.yml`: YAML 1.2, the published schema, and what no schema can say (names that exist, cycles, paths). Never throws; every problem has
 * the line and column of the offending key or value. A key that the schema knows and this version does not support is an error, never ignored.
 */
export function readConfiguration(
  file: { readonly path: string; readonly text: string },
  server: ServerFacts,
): ConfigurationRead {
  const text = file.text.startsWith('\uFEFF') ? file.text.slice(1) : file.text;
  const positionOf = lineIndex(text.length > maxFileLength ? '' : text);
  const place = (offset: number): Position => ({ path: file.path, ...positionOf(offset) });
  const root = readRoot(text, place);
  if (root.kind === 'invalid') return root;
  const validated = validateShape(root.mapping, place);
  if (validated.kind === 'invalid') return invalid(validated.problems);
  const unsupported = unsupportedKeys(root.mapping, place);
  const environments = readEnvironments(validated.shape, { root: root.mapping, place, server });
  const stacks = readStacks(validated.shape, { root: root.mapping, place });
  const problems = [...unsupported, ...environments.problems, ...stacks.problems];
  if (problems.length > 0) return invalid(problems);
  const configuration: Configuration = {
    apply: 'after-merge',
    environments: environments.environments,
    stacks: stacks.stacks,
  };
  return { kind: 'read', configuration, warnings: stacks.warnings };
}

type Root =
  | { readonly kind: 'root'; readonly mapping: YamlMapping }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

function readRoot(text: string, place: (offset: number) => Position): Root {
  const refuse = (offset: number, message: string): Root =>
    invalid([{ severity: 'error', message, position: place(offset) }]);
  if (text.length > maxFileLength) return refuse(0, 'the file is larger than 1 MiB');
  const read = readYaml(text, yaml12);
  if (read.kind === 'invalid') return refuse(read.fault.offset, read.fault.message);
  const faults = read.documents.flatMap((document) => document.faults);
  if (faults.length > 0) {
    return invalid(
      faults.map((fault) => {
        const earlier = fault.earlier === undefined ? '' : ` (the first is on line ${place(fault.earlier).line})`;
        return { severity: 'error', message: `${fault.message}${earlier}`, position: place(fault.offset) };
      }),
    );
  }
  const [document, second] = read.documents.filter((each) => each.root !== undefined);
  if (document?.root === undefined) return refuse(0, 'the file is empty: it needs at least "version: 1"');
  if (second !== undefined) return refuse(second.start, 'the file must hold one document only');
  if (document.root.kind !== 'mapping')
    return refuse(document.root.start, 'the file must hold a mapping that begins with "version: 1"');
  return { kind: 'root', mapping: document.root };
}

function invalid(problems: readonly Problem[]): { readonly kind: 'invalid'; readonly problems: readonly Problem[] } {
  const inOrder = problems.toSorted((left, right) => {
    const lines = (left.position?.line ?? 0) - (right.position?.line ?? 0);
    return lines === 0 ? (left.position?.column ?? 0) - (right.position?.column ?? 0) : lines;
  });
  return { kind: 'invalid', problems: inOrder };
}
