import type { Repository } from '../domain/identity.ts';
import type { SharedConfigurationPorts } from './find-shared-configurations.ts';
import { type ConfigurationFound, findConfiguration } from './find-targets.ts';
import type { MergeQueues, PullRequest } from './ports/github.ts';
import type { SourceTree } from './render-stack.ts';

export type PullConfigurationPorts = SharedConfigurationPorts & {
  readonly github: Pick<MergeQueues, 'usesMergeQueue'>;
};

/**
 * The configuration that a tree has for pull requests into this branch. A merge queue merges what nobody applied, in an order that nobody knows before: with one,
 * a configuration that applies before the merge is invalid.
 */
export async function findPullConfiguration(
  ports: PullConfigurationPorts,
  { repository, base }: { readonly repository: Repository; readonly base: Pick<PullRequest['base'], 'ref'> },
  tree: SourceTree,
): Promise<ConfigurationFound> {
  const found = await findConfiguration(ports, repository, tree);
  if (found.kind !== 'configured' || found.configuration.apply.kind === 'after-merge') return found;
  if (!(await ports.github.usesMergeQueue(repository, base.ref))) return found;
  const message = `"apply: before-merge" cannot be used with a merge queue, and GitHub has one for ${base.ref}: take the key out, or the queue from the branch's rules`;
  return { kind: 'invalid', problems: [{ severity: 'error', message, position: found.configuration.apply.position }] };
}
