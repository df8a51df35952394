import schema from '../../../schema/planwright.schema.json' with { type: 'json' };
import type { Problem } from '../manifest/rendered-object.ts';
import type { YamlMapping } from '../manifest/yaml-tree.ts';
import type { ConfigurationShape } from './configuration-shape.ts';
import type { Place } from './placed-node.ts';
import { type Invalid, invalid, readMapping } from './read-mapping.ts';
import { readApprovers, readRules } from './read-rules.ts';
import type { ApprovalSource, Rule, RuleOrigin } from './rule.ts';
import { shapeValidator } from './schema-problems.ts';
import { unsupportedKeys } from './unsupported-keys.ts';

/** What an organization or the server asks of every repository, in the syntax of a repository's own file. */
export interface SharedConfiguration {
  readonly environments: ReadonlyMap<string, SharedEnvironment>;
  readonly rules: readonly Rule[];
}

/** An environment that repositories may declare; what is undefined is left to them. */
export interface SharedEnvironment {
  readonly approvals: number | undefined;
  /** Who may say `/override approvals`; undefined where the file says nothing of approvals. */
  readonly override: readonly ApprovalSource[] | undefined;
}

export type SharedConfigurationRead =
  | { readonly kind: 'read'; readonly shared: SharedConfiguration }
  /** At least one error: nobody knows what was meant to be asked. */
  | Invalid;

/** Where an organization keeps its file: in its `.github` repository. */
export const organizationPath = 'planwright.yml';

const validateShape = shapeValidator<ConfigurationShape>(schema);

/** Reads an organization's `planwright.yml`. Never throws; every problem has its line and column. */
export function readOrganizationFile(file: { readonly path: string; readonly text: string }): SharedConfigurationRead {
  const read = readMapping(file, 'version: 1');
  if (read.kind === 'invalid') return read;
  const { root, place } = read;
  const validated = validateShape(root, place);
  if (validated.kind === 'invalid') return invalid(validated.problems);
  const { shared, problems } = readShared(validated.shape, { root, place, origin: 'organization' });
  const all = [...repositoriesOwn(root, ownKeys, place), ...problems];
  return all.length > 0 ? invalid(all) : { kind: 'read', shared };
}

/** The `environments` and `rules` of a file whose shape was checked, and what no schema can say of them. */
export function readShared(
  shape: Pick<ConfigurationShape, 'environments' | 'rules'>,
  { root, place, origin }: { readonly root: YamlMapping; readonly place: Place; readonly origin: RuleOrigin },
): { readonly shared: SharedConfiguration; readonly problems: readonly Problem[] } {
  const environments = Object.entries(shape.environments ?? {}).map(([name, written]) => {
    const { approvals, override } = written ?? {};
    const speaks = approvals !== undefined || override !== undefined;
    return [name, { approvals, override: speaks ? readApprovers(override?.from) : undefined }] as const;
  });
  const { rules, problems } = readRules(shape, { root, place, origin, environments: undefined });
  const nodes = root.entries.get('environments')?.node;
  const own =
    nodes?.kind === 'mapping'
      ? [...nodes.entries.values()].flatMap(({ node }) =>
          node.kind === 'mapping' ? repositoriesOwn(node, ownEnvironmentKeys, place) : [],
        )
      : [];
  return {
    shared: { environments: new Map(environments), rules },
    problems: [...unsupportedKeys(root, place), ...own, ...problems],
  };
}

const ownKeys = ['apply', 'stacks', 'policies'] as const;
const ownEnvironmentKeys = ['cluster', 'after'] as const;

function repositoriesOwn(node: YamlMapping, keys: readonly string[], place: Place): readonly Problem[] {
  return keys.flatMap((key) => {
    const entry = node.entries.get(key);
    if (entry === undefined) return [];
    return {
      severity: 'error',
      message: `"${key}" is for a repository's own .github/planwright.yml: take it out`,
      position: place(entry.keyStart),
    };
  });
}
