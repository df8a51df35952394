import type { Environment } from '../domain/config/config.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import type { CommitSha, TargetName } from '../domain/identity.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { affectedTargets } from '../domain/target/affected-targets.ts';
import type { Target } from '../domain/target/target.ts';
import { lookAtGate } from './decide-gate.ts';
import { findConfiguration, listSource, targetsIn } from './find-targets.ts';
import { plansOf } from './plan-pull-request.ts';
import type { PullRequest } from './ports/github.ts';
import type { MergeRecord, PlanRun } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportMerge } from './report-merge.ts';

/** What a merge brings to which target, as the merge commit's configuration says. */
interface MergeWork {
  readonly targets: readonly Target[];
  readonly environments: ReadonlyMap<string, Environment>;
  /** Why nothing of it is deployed; undefined when something is. */
  readonly nothing?: string;
}

/** Requirements that no approval of effects can meet: they stand in the way of deploying as they stood in the way of merging. */
const blocking = new Set(['no changes requested', 'configuration', 'planned live for this SHA']);

/** Records a merge once, with the approvals as they are at that moment, and gives every target of it its deployment. */
export async function followMerge(ports: PullRequestPorts, pull: PullRequest): Promise<void> {
  if (pull.merge === undefined) return;
  const { repository } = pull;
  const known = await ports.store.merge(repository.id, pull.number);
  const seenSinceMs = await ports.store.firstSeen(repository.id, ports.clock.nowMs());
  // GitHub's times have whole seconds.
  if (known === undefined && pull.merge.atMs + 1000 <= seenSinceMs) return;
  const runs = await ports.store.planRuns(repository.id, pull.number);
  const last = runs.findLast((run) => run.head === pull.head.sha);
  const work = await findMergeWork(ports, pull, last);
  if (work === undefined) return;
  const record = known ?? (await recordMerge(ports, pull, { last, work }));
  await reportMerge(ports, pull, {
    record,
    outcome: last === undefined ? { kind: 'no-changes' } : (last.outcome as PlanningOutcome),
    base: last?.base ?? pull.merge.commit,
    ...(work.nothing === undefined ? {} : { nothingMayBeDeployed: work.nothing }),
  });
}

async function recordMerge(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: { readonly last: PlanRun | undefined; readonly work: MergeWork },
): Promise<MergeRecord> {
  if (pull.merge === undefined) throw new Error(`#${pull.number} is not merged`);
  const { repository, merge } = pull;
  const outcome: PlanningOutcome =
    at.last === undefined
      ? { kind: 'planned', plans: [], problems: [], configurationChanged: false, offline: false }
      : (at.last.outcome as PlanningOutcome);
  const gate = await lookAtGate(ports, pull, { outcome, environments: at.work.environments });
  const blockers = gate.decision.requirements
    .filter((requirement) => requirement.status !== 'met' && blocking.has(requirement.name))
    .map((requirement) => requirement.reason);
  const approvals = gate.approvals.flatMap((approval) =>
    approval.kind === 'counts'
      ? [{ person: approval.person, permission: approval.permission, plans: approval.plans }]
      : [],
  );
  return ports.store.transaction(async (records) => {
    const record = await records.recordMerge({
      repository: repository.id,
      pull: pull.number,
      commit: merge.commit,
      base: pull.base.ref,
      author: pull.author,
      mergedBy: merge.by,
      blockers,
      approvals,
    });
    await records.addDeployments(
      at.work.targets.map((target) => ({
        repository: repository.id,
        pull: pull.number,
        target: target.name,
        environment: target.environment.name,
        commit: record.commit,
        sequence: record.sequence,
      })),
    );
    for (const target of at.work.targets) {
      await records.requestJob({
        job: { kind: 'target', installation: repository.installation, repository: repository.id, target: target.name },
      });
    }
    await records.audit({
      repository: repository.id,
      kind: 'merge',
      subject: `#${pull.number}`,
      facts: {
        commit: merge.commit,
        by: merge.by?.login ?? null,
        gate: gate.decision.status,
        blockers,
        approvals: approvals.map((approval) => ({
          by: approval.person.login,
          permission: approval.permission,
          plans: approval.plans,
        })),
        targets: at.work.targets.map((target) => target.name),
      },
    });
    return record;
  });
}

/** Undefined when the merge touches nothing of Planwright's. */
async function findMergeWork(
  ports: PullRequestPorts,
  pull: PullRequest,
  last: PlanRun | undefined,
): Promise<MergeWork | undefined> {
  if (pull.merge === undefined) return undefined;
  const { repository } = pull;
  const { checkout } = ports;
  await checkout.fetchBranch(repository, pull.base.ref);
  if (!(await checkout.fetchCommit(repository, pull.merge.commit)))
    throw new Error(`GitHub does not have the merge commit ${pull.merge.commit} of #${pull.number} (any more)`);
  const tree = await listSource(checkout, repository, pull.merge.commit);
  const found = await findConfiguration(checkout, repository, tree, ports.server);
  const none = { targets: [], environments: new Map() };
  if (found.kind === 'none')
    return last !== undefined && plansOf(last).length > 0
      ? { ...none, nothing: 'there is no .github/planwright.yml on the base branch, so nothing is deployed' }
      : undefined;
  if (found.kind === 'invalid')
    return { ...none, nothing: `nothing is deployed: ${found.problems[0]?.message ?? 'the configuration is invalid'}` };

  const targets = await mergedTargets(ports, pull, { commit: pull.merge.commit, tree, found, last });
  if (targets.length === 0) return undefined;
  const allowed = targets.filter((target) => {
    const cluster = ports.server.clusters.get(target.environment.cluster);
    return cluster !== undefined && mayDeploy(cluster, repository);
  });
  const environments = found.configuration.environments;
  if (allowed.length > 0) return { targets: allowed, environments };
  const clusters = [...new Set(targets.map((target) => target.environment.cluster))].join(', ');
  return {
    targets: [],
    environments,
    nothing: `${repository.owner}/${repository.name} may not deploy to ${clusters}: the server allows it by PLANWRIGHT_REPOSITORIES or in its file`,
  };
}

async function mergedTargets(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: {
    readonly commit: CommitSha;
    readonly tree: Awaited<ReturnType<typeof listSource>>;
    readonly found: Extract<Awaited<ReturnType<typeof findConfiguration>>, { readonly kind: 'configured' }>;
    readonly last: PlanRun | undefined;
  },
): Promise<readonly Target[]> {
  const { checkout } = ports;
  const parent = await checkout.firstParent(pull.repository, at.commit);
  const before =
    parent === undefined ? { at: at.commit, entries: [] } : await listSource(checkout, pull.repository, parent);
  const changed =
    parent === undefined
      ? at.tree.entries.map((entry) => entry.path)
      : await checkout.changedPaths(pull.repository, parent, at.commit);
  const [base, head] = [
    targetsIn(at.found.configuration, before).targets,
    targetsIn(at.found.configuration, at.tree).targets,
  ];
  const byName = new Map<TargetName, Target>(
    affectedTargets({ base, head, changedPaths: changed }).map(({ target }) => [target.name, target]),
  );
  // A rebased pull request brings several commits; its plan knows what all of them touch.
  const planned = new Set(at.last === undefined ? [] : plansOf(at.last).map((plan) => plan.target));
  for (const target of [...base, ...head]) if (planned.has(target.name)) byName.set(target.name, target);
  return [...byName.values()];
}
