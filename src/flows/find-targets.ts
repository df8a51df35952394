import { combineConfigurations } from '../domain/config/combine-configurations.ts';
import type { Configuration } from '../domain/config/config.ts';
import { readConfiguration } from '../domain/config/read-configuration.ts';
import type { ServerSettings } from '../domain/config/server-settings.ts';
import { organizationPath } from '../domain/config/shared-configuration.ts';
import type { CommitSha, Repository, TargetName, TreeSha } from '../domain/identity.ts';
import type { Problem } from '../domain/manifest/rendered-object.ts';
import { discoverStacks, looksLikeManifest, manifestCandidates } from '../domain/target/discover-stacks.ts';
import { resolveTargets } from '../domain/target/resolve-targets.ts';
import type { Target } from '../domain/target/target.ts';
import {
  findSharedConfigurations,
  holdsOrganizationFile,
  type SharedConfigurationPorts,
} from './find-shared-configurations.ts';
import type { Checkout } from './ports/checkout.ts';
import { type SourceTree, textOf } from './render-stack.ts';

export const configurationPath = '.github/planwright.yml';

/** Who changes one of these changes the rules. */
const ownerPaths: ReadonlySet<string> = new Set([
  configurationPath,
  'CODEOWNERS',
  '.github/CODEOWNERS',
  'docs/CODEOWNERS',
]);

/** Whether a change of this file changes who must approve what. */
export function isOwnerPath(repository: Repository, path: string): boolean {
  return ownerPaths.has(path) || (holdsOrganizationFile(repository) && path === organizationPath);
}

export type ConfigurationFound =
  | {
      readonly kind: 'configured';
      readonly configuration: Configuration;
      readonly warnings: readonly Problem[];
      /** Equal for equal files, the organization's and the server's among them. */
      readonly fingerprint: string;
    }
  | { readonly kind: 'none' }
  /** A broken file never means "no rules". */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/**
 * The configuration as it stands at a commit (the base's tip for a pull request, the merge commit for a deployment), together with what the organization
 * and the server ask now. While the organization's file is broken no configuration of its repositories is valid.
 */
export async function findConfiguration(
  ports: SharedConfigurationPorts,
  repository: Repository,
  tree: SourceTree,
): Promise<ConfigurationFound> {
  const own = await findOwnConfiguration(ports.checkout, repository, tree, ports.server);
  if (own.kind !== 'configured') return own;
  const found = await findSharedConfigurations(ports, repository, tree);
  if (found.kind === 'invalid') return found;
  return {
    ...own,
    configuration: combineConfigurations(own.configuration, found.shared),
    fingerprint: JSON.stringify([own.fingerprint, found.fingerprint]),
  };
}

/** What the repository's own file says at a commit. Without a server any cluster may be named. */
export async function findOwnConfiguration(
  checkout: Pick<Checkout, 'readFiles'>,
  repository: Repository,
  tree: SourceTree,
  server: ServerSettings | undefined,
): Promise<ConfigurationFound> {
  const entry = tree.entries.find((candidate) => candidate.path === configurationPath);
  if (entry === undefined) return { kind: 'none' };
  const read = await checkout.readFiles(repository, tree.at, [configurationPath]);
  const text = textOf(configurationPath, read.get(configurationPath));
  if (text.kind === 'unreadable') return { kind: 'invalid', problems: [text.problem] };
  const answer = readConfiguration(
    { path: configurationPath, text: text.text },
    { clusters: server === undefined ? undefined : [...server.clusters.keys()] },
  );
  if (answer.kind === 'invalid') return answer;
  return { kind: 'configured', configuration: answer.configuration, warnings: answer.warnings, fingerprint: entry.id };
}

export async function listSource(
  checkout: Checkout,
  repository: Repository,
  at: CommitSha | TreeSha,
): Promise<SourceTree> {
  return { at, entries: await checkout.listTree(repository, at) };
}

export interface FoundTargets {
  readonly targets: readonly Target[];
  readonly problems: readonly Problem[];
}

export function targetsIn(configuration: Configuration, tree: SourceTree): FoundTargets {
  // What is no file is refused when its target is rendered; left out here, a stack of links would look removed.
  return resolveTargets(
    configuration,
    tree.entries.map((entry) => entry.path),
  );
}

/** A target of which nothing is left: the stack that stands for the directory where it was says how it was deployed. */
export function targetAsDeployed(
  configuration: Configuration,
  deployed: { readonly target: TargetName; readonly commit: CommitSha; readonly directory: string },
): Target | undefined {
  const asItWas: SourceTree = {
    at: deployed.commit,
    entries: [{ path: `${deployed.directory}/was-here.yaml`, kind: 'file', id: '' }],
  };
  return targetsIn(configuration, asItWas).targets.find((target) => target.name === deployed.target);
}

export interface TargetPorts {
  readonly checkout: Pick<Checkout, 'readFiles'>;
  readonly server: ServerSettings;
}

/** A tree's targets: as the configuration says, or discovered where there is none. */
export async function findTargetsBy(
  { checkout, server }: TargetPorts,
  repository: Repository,
  by: { readonly found: Exclude<ConfigurationFound, { readonly kind: 'invalid' }>; readonly tree: SourceTree },
): Promise<FoundTargets> {
  if (by.found.kind === 'configured') return targetsIn(by.found.configuration, by.tree);
  const names = [...server.clusters.keys()];
  const cluster = names.length === 1 && names[0] !== undefined ? names[0] : 'offline';
  return discoverTargets(checkout, repository, by.tree, cluster);
}

/** Without a configuration: stacks are found by what the directories hold, planned against the server's only cluster, and never deployed. */
export async function discoverTargets(
  checkout: Pick<Checkout, 'readFiles'>,
  repository: Repository,
  tree: SourceTree,
  cluster: string,
): Promise<FoundTargets> {
  const paths = tree.entries.filter((entry) => entry.kind === 'file').map((entry) => entry.path);
  const candidates = manifestCandidates(paths);
  const read = await checkout.readFiles(repository, tree.at, candidates);
  const manifestPaths = new Set(
    candidates.filter((path) => {
      const text = textOf(path, read.get(path));
      return text.kind === 'text' && looksLikeManifest(text.text);
    }),
  );
  return discoverStacks({ paths, manifestPaths, repositoryName: repository.name, cluster });
}
