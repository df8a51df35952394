import schema from '../../../schema/planwright.schema.json' with { type: 'json' };
import type { Problem } from '../manifest/rendered-object.ts';
import type { YamlMapping } from '../manifest/yaml-tree.ts';
import type { ApplyMode, Configuration } from './config.ts';
import type { ConfigurationShape } from './configuration-shape.ts';
import { findPlaced, type Place } from './placed-node.ts';
import { readEnvironments } from './read-environments.ts';
import { invalid, readMapping } from './read-mapping.ts';
import { readRules } from './read-rules.ts';
import { readStacks } from './read-stacks.ts';
import { shapeValidator } from './schema-problems.ts';
import { unsupportedKeys } from './unsupported-keys.ts';

/** What the reader must know of the server: the clusters that it has credentials for. */
export interface ServerFacts {
  /** Undefined where there is no server to ask: any name may be one of a cluster. */
  readonly clusters: readonly string[] | undefined;
}

export type ConfigurationRead =
  | { readonly kind: 'read'; readonly configuration: Configuration; readonly warnings: readonly Problem[] }
  /** At least one error: no part of the file may be used. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

const validateShape = shapeValidator<ConfigurationShape>(schema);

/**
 * Reads `.github/planwright.yml`: YAML 1.2, the published schema, and what no schema can say (names that exist, cycles, paths). Never throws; every problem has
 * the line and column of the offending key or value. A key that the schema knows and this version does not support is an error, never ignored.
 */
export function readConfiguration(
  file: { readonly path: string; readonly text: string },
  server: ServerFacts,
): ConfigurationRead {
  const read = readMapping(file, 'version: 1');
  if (read.kind === 'invalid') return read;
  const { root, place } = read;
  const validated = validateShape(root, place);
  if (validated.kind === 'invalid') return invalid(validated.problems);
  const unsupported = unsupportedKeys(root, place);
  const environments = readEnvironments(validated.shape, { root, place, server });
  const stacks = readStacks(validated.shape, { root, place });
  const names = [...environments.environments.keys()];
  const rules = readRules(validated.shape, { root, place, origin: 'repository', environments: names });
  const problems = [...unsupported, ...environments.problems, ...stacks.problems, ...rules.problems];
  if (problems.length > 0) return invalid(problems);
  const configuration: Configuration = {
    apply: readApply(validated.shape, { root, place }),
    environments: environments.environments,
    stacks: stacks.stacks,
    rules: rules.rules,
  };
  return { kind: 'read', configuration, warnings: stacks.warnings };
}

function readApply(
  { apply }: ConfigurationShape,
  { root, place }: { readonly root: YamlMapping; readonly place: Place },
): ApplyMode {
  if (apply !== 'before-merge') return { kind: 'after-merge' };
  return { kind: 'before-merge', position: place(findPlaced(root, ['apply'])?.keyStart ?? root.start) };
}
