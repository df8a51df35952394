import { personJson, requirementsJson } from '../domain/audit/gate-inputs.ts';
import type { Environment } from '../domain/config/config.ts';
import type { Rule } from '../domain/config/rule.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import type { CommitSha, TargetName } from '../domain/identity.ts';
import { deployCheck } from '../domain/report/deploy-check.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import type { Target } from '../domain/target/target.ts';
import { recordedJson } from './approve-deployment.ts';
import { lookAtGate } from './decide-gate.ts';
import { findAffected } from './find-affected.ts';
import {
  configurationPath,
  findConfiguration,
  findOwnConfiguration,
  isOwnerPath,
  listSource,
  targetsIn,
} from './find-targets.ts';
import { configurationContentIn } from './inspect-pull-request.ts';
import { plansOf } from './plan-pull-request.ts';
import type { PullRequest } from './ports/github.ts';
import type { MergeRecord, PlanRun } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import type { SourceTree } from './render-stack.ts';
import { reportCheck } from './report-check.ts';
import { reportMerge } from './report-merge.ts';

/** What a merge brings to which target, as the merge commit's configuration says. */
interface MergeWork {
  /** The base branch as it was before the merge. */
  readonly base: CommitSha | undefined;
  readonly targets: readonly Target[];
  /** Those of them that no configuration named before this merge, or named on another cluster: nobody saw their plans. */
  readonly unseen: ReadonlySet<TargetName>;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly rules: readonly Rule[];
  /** The content of the configuration and the code owners' files as they were merged; undefined where the merge changes none of them. */
  readonly configuration: string | undefined;
  /** Why nothing of it is deployed; undefined when something is. */
  readonly nothing?: string;
}

/** Requirements that no approval of effects can meet: they stand in the way of deploying as they stood in the way of merging. */
const blocking = new Set([
  'no changes requested',
  'last pusher is known',
  'configuration',
  'planned live for this SHA',
]);

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
  if (!pull.base.isDefaultBranch) return sayNothingIsDeployed(ports, pull, last);
  const report = {
    outcome: last === undefined ? ({ kind: 'no-changes' } as const) : last.outcome,
    base: last?.base ?? pull.merge.commit,
  };
  if (known !== undefined && (await ports.store.deploymentsOfMerge(repository.id, pull.number)).length > 0)
    return reportMerge(ports, pull, { ...report, record: known });
  await recordThoseInFront(ports, pull);
  const work = await findMergeWork(ports, pull, last);
  if (work === undefined) return;
  const record = known ?? (await recordMerge(ports, pull, { last, work }));
  await reportMerge(ports, pull, {
    ...report,
    record,
    ...(work.nothing === undefined ? {} : { nothingMayBeDeployed: work.nothing }),
  });
}

/**
 * A merge queue brings several pull requests in one push, and they are heard of in any order: those in front are recorded first, as their approvals count for
 * what comes after them.
 */
async function recordThoseInFront(ports: PullRequestPorts, pull: PullRequest): Promise<void> {
  const { repository } = pull;
  const groups = await ports.store.mergeGroupsOf(repository.id, pull.number);
  const inFront = groups
    .map(({ pulls }) => pulls.slice(0, pulls.indexOf(pull.number)))
    .reduce((longest, numbers) => (numbers.length > longest.length ? numbers : longest), []);
  for (const number of inFront) {
    if ((await ports.store.merge(repository.id, number)) !== undefined) continue;
    const other = await ports.github.pullRequest(repository, number);
    if (other === undefined || !(await isMergedBelow(ports, other, pull))) continue;
    const runs = await ports.store.planRuns(repository.id, number);
    const last = runs.findLast((run) => run.head === other.head.sha);
    const work = await findMergeWork(ports, other, last);
    if (work !== undefined) await recordMerge(ports, other, { last, work });
  }
}

async function isMergedBelow({ checkout }: PullRequestPorts, below: PullRequest, pull: PullRequest): Promise<boolean> {
  if (below.merge === undefined || pull.merge === undefined || below.base.ref !== pull.base.ref) return false;
  const { repository } = pull;
  for (const { commit } of [below.merge, pull.merge])
    if (!(await checkout.fetchCommit(repository, commit))) return false;
  return checkout.isAncestor(repository, below.merge.commit, pull.merge.commit);
}

/** Whoever may write could bring a branch of their own with rules of its own: only the default branch is deployed. */
async function sayNothingIsDeployed(
  ports: PullRequestPorts,
  pull: PullRequest,
  last: PlanRun | undefined,
): Promise<void> {
  if (pull.merge === undefined || last === undefined || plansOf(last).length === 0) return;
  const { conclusion, text } = deployCheck([], {
    commit: pull.merge.commit,
    nothingMayBeDeployed: `only what is merged into the default branch is deployed; #${pull.number} was merged into ${pull.base.ref}`,
  });
  await reportCheck(ports, pull.repository, {
    origin: `deploy:${pull.repository.id}:${pull.number}`,
    sha: pull.merge.commit,
    name: 'planwright/deploy',
    text,
    annotations: [],
    ...(conclusion === undefined ? {} : { conclusion }),
  });
}

async function recordMerge(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: { readonly last: PlanRun | undefined; readonly work: MergeWork },
): Promise<MergeRecord> {
  if (pull.merge === undefined) throw new Error(`#${pull.number} is not merged`);
  const { repository, merge } = pull;
  const outcome = judgedOutcome(at);
  const gate = await lookAtGate(ports, pull, {
    outcome,
    // Without a plan of what was merged an older commit may be taken for it, with owners of its own.
    base: at.last === undefined ? undefined : at.work.base,
    environments: at.work.environments,
    rules: at.work.rules,
    // What is merged cannot be applied before it any more.
    apply: 'after-merge',
  });
  const blockers = gate.decision.requirements
    .filter((requirement) => requirement.status !== 'met' && blocking.has(requirement.name))
    .map((requirement) => requirement.reason);
  const approvals = gate.approvals.flatMap((approval) =>
    approval.kind === 'counts'
      ? [
          {
            person: approval.person,
            permission: approval.permission,
            plans: approval.plans,
            sources: gate.sources.get(approval.person.id) ?? [],
          },
        ]
      : [],
  );
  return ports.store.transaction(async (records) => {
    const there = await records.merge(repository.id, pull.number);
    if (there !== undefined) return there;
    const record = await records.recordMerge({
      repository: repository.id,
      pull: pull.number,
      commit: merge.commit,
      base: pull.base.ref,
      author: pull.author,
      contributors: gate.contributors,
      mergedBy: merge.by,
      ...(at.last === undefined ? {} : { plans: at.last.plans }),
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
        ...(at.work.unseen.has(target.name) ? { unseen: true as const } : {}),
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
        by: merge.by === undefined ? null : personJson(merge.by),
        gate: gate.decision.status,
        requirements: requirementsJson(gate.decision.requirements),
        inputs: gate.inputs,
        blockers,
        approvals: recordedJson(approvals),
        targets: at.work.targets.map((target) => target.name),
      },
    });
    return record;
  });
}

/** What the gate is asked about at the merge: the plan as it was shown, and the configuration as git says, also where no plan was made in time. */
function judgedOutcome({
  last,
  work,
}: {
  readonly last: PlanRun | undefined;
  readonly work: MergeWork;
}): PlanningOutcome {
  const shown = last?.outcome;
  const planned: Extract<PlanningOutcome, { readonly kind: 'planned' }> =
    shown?.kind === 'planned'
      ? shown
      : { kind: 'planned', plans: [], problems: [], configurationChanged: false, offline: false };
  if (work.configuration === undefined) return planned;
  // Of what was merged, whatever the last plan was of.
  return { ...planned, configurationChanged: true, configurationContent: work.configuration };
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
  const found = await findConfiguration(ports, repository, tree);
  const before = await branchBefore(ports, pull, last);
  const changed =
    before === undefined
      ? tree.entries.map((entry) => entry.path)
      : await checkout.changedPaths(repository, before, pull.merge.commit);
  const configuration = changed.some((path) => isOwnerPath(repository, path))
    ? configurationContentIn(repository, tree)
    : undefined;
  const none = {
    base: before,
    targets: [],
    unseen: new Set<TargetName>(),
    environments: new Map(),
    rules: [],
    configuration,
  };
  if (found.kind === 'none')
    return last !== undefined && plansOf(last).length > 0
      ? { ...none, nothing: 'there is no .github/planwright.yml on the base branch, so nothing is deployed' }
      : undefined;
  if (found.kind === 'invalid')
    return { ...none, nothing: `nothing is deployed: ${found.problems[0]?.message ?? 'the configuration is invalid'}` };

  const named = changed.includes(configurationPath) ? await namedBefore(ports, pull, { before, tree }) : undefined;
  const targets = await mergedTargets(ports, pull, { before, changed, tree, found, last, named });
  const unseen = new Set(
    named === undefined
      ? []
      : targets
          .filter(({ name, environment }) => named.clusters.get(name) !== environment.cluster)
          // A file that was broken before was judged by the one that mends it, which then was planned.
          .filter(({ name, environment }) => !wasPlanned(last, { name, cluster: environment.cluster }))
          .map(({ name }) => name),
  );
  if (targets.length === 0) return undefined;
  const allowed = targets.filter((target) => {
    const cluster = ports.server.clusters.get(target.environment.cluster);
    return cluster !== undefined && mayDeploy(cluster, repository);
  });
  const { environments, rules } = found.configuration;
  if (allowed.length > 0) return { ...none, targets: allowed, unseen, environments, rules };
  const clusters = [...new Set(targets.map((target) => target.environment.cluster))].join(', ');
  return {
    ...none,
    unseen,
    environments,
    rules,
    nothing: `${repository.owner}/${repository.name} may not deploy to ${clusters}: the server allows it by PLANWRIGHT_REPOSITORIES or in its file`,
  };
}

async function mergedTargets(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: {
    readonly before: CommitSha | undefined;
    readonly changed: readonly string[];
    readonly tree: Awaited<ReturnType<typeof listSource>>;
    readonly found: Extract<Awaited<ReturnType<typeof findConfiguration>>, { readonly kind: 'configured' }>;
    readonly last: PlanRun | undefined;
    readonly named: NamedTargets | undefined;
  },
): Promise<readonly Target[]> {
  const { changed } = at;
  const before =
    at.before === undefined
      ? { at: at.tree.at, entries: [] }
      : await listSource(ports.checkout, pull.repository, at.before);
  const [base, head] = [
    targetsIn(at.found.configuration, before).targets,
    targetsIn(at.found.configuration, at.tree).targets,
  ];
  const { affected } = await findAffected(ports, pull.repository, {
    base: { tree: before, targets: base },
    head: { tree: at.tree, targets: head },
    changed,
  });
  const byName = new Map<TargetName, Target>();
  for (const { presence, target } of affected) {
    // What was never brought to a cluster has nothing to be removed there.
    if (presence !== 'removed' || (await isKnown(ports, pull, target.name))) byName.set(target.name, target);
  }
  // A configuration that was broken says nothing of what it named: what nothing else touches stays as it is.
  if (at.named?.isKnown === true)
    for (const target of head) {
      const cluster = at.named.clusters.get(target.name);
      const goesElsewhere = cluster !== undefined && cluster !== target.environment.cluster;
      if (goesElsewhere || (cluster === undefined && !(await isKnown(ports, pull, target.name))))
        byName.set(target.name, target);
    }
  // What the plan showed is deployed, also where a file of it is the same again.
  const planned = new Set(at.last === undefined ? [] : plansOf(at.last).map((plan) => plan.target));
  for (const target of [...base, ...head]) if (planned.has(target.name)) byName.set(target.name, target);
  return [...byName.values()];
}

function wasPlanned(
  last: PlanRun | undefined,
  { name, cluster }: { readonly name: TargetName; readonly cluster: string },
): boolean {
  const plans = last === undefined ? [] : plansOf(last);
  return plans.some((plan) => plan.target === name && plan.cluster.name === cluster);
}

interface NamedTargets {
  /** The cluster of each. */
  readonly clusters: ReadonlyMap<TargetName, string>;
  /** False when the configuration before the merge was broken. */
  readonly isKnown: boolean;
}

/** Targets that the configuration before the merge finds in what was merged: pull requests were planned by it. */
async function namedBefore(
  ports: PullRequestPorts,
  { repository }: PullRequest,
  at: { readonly before: CommitSha | undefined; readonly tree: SourceTree },
): Promise<NamedTargets> {
  if (at.before === undefined) return { clusters: new Map(), isKnown: true };
  const tree = await listSource(ports.checkout, repository, at.before);
  const found = await findOwnConfiguration(ports.checkout, repository, tree, ports.server);
  const targets = found.kind === 'configured' ? targetsIn(found.configuration, at.tree).targets : [];
  const before = found.kind === 'configured' ? targetsIn(found.configuration, tree).targets : [];
  return {
    clusters: new Map([...targets, ...before].map(({ name, environment }) => [name, environment.cluster])),
    isKnown: found.kind !== 'invalid',
  };
}

async function isKnown(ports: PullRequestPorts, pull: PullRequest, target: TargetName): Promise<boolean> {
  if ((await ports.store.deployed(pull.repository.id, target)) !== undefined) return true;
  return (await ports.store.openDeployments(pull.repository.id, target)).length > 0;
}

/**
 * The base branch as it was before this merge: the first parent, except for a rebase, which brings as many commits as the pull request has. GitHub does
 * not say which way it merged; the nearest ancestor from which everything that was planned has changed is the one. When in doubt it is an older one:
 * then more targets are looked at, and found to be as they should be.
 */
async function branchBefore(
  ports: PullRequestPorts,
  pull: PullRequest,
  last: PlanRun | undefined,
): Promise<CommitSha | undefined> {
  const { checkout } = ports;
  const { repository, merge } = pull;
  if (merge === undefined) return undefined;
  const promised = last === undefined ? undefined : await plannedPaths(ports, pull, last);
  let before = await checkout.firstParent(repository, merge.commit);
  for (let count = 1; count < pull.commits && before !== undefined; count += 1) {
    const brought = new Set(await checkout.changedPaths(repository, before, merge.commit));
    if (promised?.every((path) => brought.has(path)) === true) return before;
    before = await checkout.firstParent(repository, before);
  }
  return before;
}

async function plannedPaths(
  { checkout }: PullRequestPorts,
  { repository }: PullRequest,
  run: PlanRun,
): Promise<readonly string[] | undefined> {
  for (const commit of [run.base, run.head]) if (!(await checkout.fetchCommit(repository, commit))) return undefined;
  // A test merge's tree is not kept for ever; it is made again.
  const merged = await checkout.testMerge(repository, run.base, run.head);
  return merged.kind === 'merged' ? checkout.changedPaths(repository, run.base, merged.tree) : undefined;
}
