import type { Configuration } from '../domain/config/config.ts';
import type { ServerCluster } from '../domain/config/server-settings.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { Target } from '../domain/target/target.ts';
import type { Turn } from './deployment-turn.ts';
import { neighboursAt } from './find-neighbours.ts';
import { findConfiguration, listSource, targetsIn } from './find-targets.ts';
import { renderCommit } from './plan-pull-request.ts';
import { type PlannedTarget, planTarget } from './plan-target.ts';
import { emptyRender, renderTarget, type SourceTree } from './render-stack.ts';

/** What a deployment's commit has for its target. */
export type DeploymentSource =
  | { readonly kind: 'held'; readonly reason: string }
  /** Nothing of it is in the commit, and nothing of it was ever brought to a cluster (or it is removed already). */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'found';
      readonly configuration: Configuration;
      readonly target: Target;
      readonly all: readonly Target[];
      readonly cluster: ServerCluster;
      readonly tree: SourceTree;
      readonly removed: boolean;
    };

export type FoundSource = Extract<DeploymentSource, { readonly kind: 'found' }>;

/** A merge is deployed by the merge commit's configuration; the server must still allow it. */
export async function findSource(turn: Turn, deployment: Deployment): Promise<DeploymentSource> {
  const { ports, repository } = turn;
  const { checkout, server } = ports;
  if (!(await checkout.fetchCommit(repository, deployment.commit)))
    return { kind: 'held', reason: `GitHub does not have the merge commit ${deployment.commit} (any more)` };
  const tree = await listSource(checkout, repository, deployment.commit);
  const found = await findConfiguration(ports, repository, tree);
  if (found.kind === 'none') return { kind: 'held', reason: 'the merge commit has no .github/planwright.yml' };
  if (found.kind === 'invalid')
    return { kind: 'held', reason: found.problems[0]?.message ?? 'the configuration is invalid' };
  const all = targetsIn(found.configuration, tree).targets;
  const present = all.find((candidate) => candidate.name === deployment.target);
  const target = present ?? (await removedTarget(turn, deployment, found.configuration));
  if (target === undefined && (await ports.store.deployed(repository.id, deployment.target)) === undefined)
    return { kind: 'gone' };
  if (target === undefined)
    return { kind: 'held', reason: `no stack of the configuration stands for ${deployment.target} any more` };
  const cluster = server.clusters.get(target.environment.cluster);
  if (cluster === undefined)
    return { kind: 'held', reason: `the server names no cluster ${target.environment.cluster}` };
  if (!mayDeploy(cluster, repository))
    return {
      kind: 'held',
      reason: `${repository.owner}/${repository.name} may not deploy to ${cluster.name}: the server allows it by PLANWRIGHT_REPOSITORIES or in its file`,
    };
  return {
    kind: 'found',
    configuration: found.configuration,
    target,
    all,
    cluster,
    tree,
    removed: present === undefined,
  };
}

/** Nothing of it is left at this commit: the stack that stood for its directory says where it is. */
async function removedTarget(
  turn: Turn,
  deployment: Deployment,
  configuration: Configuration,
): Promise<Target | undefined> {
  const deployed = await turn.ports.store.deployed(turn.repository.id, deployment.target);
  if (deployed === undefined) return undefined;
  const asItWas: SourceTree = {
    at: deployed.commit,
    entries: [{ path: `${deployed.directory}/was-here.yaml`, kind: 'file', id: '' }],
  };
  return targetsIn(configuration, asItWas).targets.find((target) => target.name === deployment.target);
}

/** The target as it would be deployed now, from what is deployed to the merge commit. */
export async function planDeployment(
  turn: Turn,
  at: { readonly deployment: Deployment; readonly source: FoundSource },
): Promise<PlannedTarget> {
  const { ports, repository } = turn;
  const { deployment, source } = at;
  const deployed = await ports.store.deployed(repository.id, deployment.target);
  const merge = source.removed
    ? emptyRender
    : await renderTarget(ports, repository, { tree: source.tree, target: source.target, all: source.all });
  const before =
    deployed === undefined
      ? undefined
      : await renderCommit(ports, repository, { target: source.target, deployed, all: source.all });
  return planTarget(ports, {
    repository,
    gitHubHost: ports.server.gitHubHost,
    target: source.target,
    cluster: source.cluster,
    removed: source.removed,
    head: deployment.commit,
    base: deployment.commit,
    tree: await ports.checkout.treeOf(repository, deployment.commit),
    // What is deployed now is where this merge starts from: nothing of it is pending any more.
    renders: { base: before ?? emptyRender, merge, deployed: before },
    deployed,
    pendingPulls: [],
    neighbours: neighboursAt(ports, repository, { tree: source.tree, all: source.all }),
  });
}
