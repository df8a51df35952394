import type { Configuration } from '../domain/config/config.ts';
import type { ServerCluster } from '../domain/config/server-settings.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { CommitSha } from '../domain/identity.ts';
import type { Target } from '../domain/target/target.ts';
import { bringCommit } from './bring-commit.ts';
import type { Turn } from './deployment-turn.ts';
import { neighboursAt } from './find-neighbours.ts';
import { findConfiguration, listSource, targetAsDeployed, targetsIn } from './find-targets.ts';
import { type PlannedTarget, planTarget } from './plan-target.ts';
import { renderCommit } from './render-commit.ts';
import { emptyRender, type Render, renderTarget, type SourceTree } from './render-stack.ts';

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

/** A merge is deployed by the merge commit's configuration, a test merge by the base's; the server must still allow it. */
export async function findSource(turn: Turn, deployment: Deployment): Promise<DeploymentSource> {
  const { ports, repository } = turn;
  const { checkout, server } = ports;
  if (!(await bringCommit(ports, repository, deployment.commit)))
    return { kind: 'held', reason: `GitHub does not have the merge commit ${deployment.commit} (any more)` };
  const tree = await listSource(checkout, repository, deployment.commit);
  const { testMerge } = deployment;
  const rules = testMerge === undefined ? tree : await listSource(checkout, repository, testMerge.base);
  const found = await findConfiguration(ports, repository, rules);
  if (found.kind === 'none') return { kind: 'held', reason: 'the merge commit has no .github/planwright.yml' };
  if (found.kind === 'invalid')
    return { kind: 'held', reason: found.problems[0]?.message ?? 'the configuration is invalid' };
  const all = targetsIn(found.configuration, tree).targets;
  const present = all.find((candidate) => candidate.name === deployment.target);
  const deployed = await ports.store.deployed(repository.id, deployment.target);
  const target = present ?? (deployed && targetAsDeployed(found.configuration, deployed));
  if (target === undefined && deployed === undefined) return { kind: 'gone' };
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

/** The target as it would be deployed now, from what is deployed to the merge commit; a test merge's plan is the one that its pull request shows. */
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
  const { testMerge } = deployment;
  const isOwn =
    deployed !== undefined && (await ports.store.testMergeOf(repository.id, deployed.commit))?.pull === deployment.pull;
  return planTarget(ports, {
    repository,
    gitHubHost: ports.server.gitHubHost,
    target: source.target,
    cluster: source.cluster,
    removed: source.removed,
    head: testMerge?.head ?? deployment.commit,
    base: testMerge?.base ?? deployment.commit,
    tree: await ports.checkout.treeOf(repository, deployment.commit),
    // What is deployed now is where this merge starts from: nothing of it is pending any more.
    renders: {
      base:
        testMerge === undefined || isOwn
          ? (before ?? emptyRender)
          : await renderBase(turn, { source, base: testMerge.base }),
      merge,
      deployed: before,
    },
    deployed,
    pendingPulls: [],
    neighbours: neighboursAt(ports, repository, { tree: source.tree, all: source.all }),
  });
}

async function renderBase(
  { ports, repository }: Turn,
  { source, base }: { readonly source: FoundSource; readonly base: CommitSha },
): Promise<Render> {
  const tree = await listSource(ports.checkout, repository, base);
  const all = targetsIn(source.configuration, tree).targets;
  const target = all.find(({ name }) => name === source.target.name);
  return target === undefined ? emptyRender : renderTarget(ports, repository, { tree, target, all });
}
