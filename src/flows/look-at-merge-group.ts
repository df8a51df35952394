import type { CommitSha, PullNumber, Repository, RepositoryId } from '../domain/identity.ts';
import type { CheckName } from '../domain/report/check.ts';
import { inProgress } from '../domain/report/in-progress.ts';
import { groupGateCheck, groupPlanCheck, type MergeGroupView } from '../domain/report/merge-group-check.ts';
import { type LinkedPlan, planLink } from '../domain/report/plan-link.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { auditDecision } from './audit-decision.ts';
import { type GateLook, lookAtGateOf } from './decide-gate.ts';
import { endOpenChecks } from './end-open-checks.ts';
import { findMergeGroup, type MergeGroup } from './find-merge-group.ts';
import { type Inspection, inspectMerge, isOffline, type PlannedHead } from './inspect-pull-request.ts';
import { planInspected } from './plan-pull-request.ts';
import { groupPlanningId } from './planning-id.ts';
import type { Job } from './ports/jobs.ts';
import type { MergeGroupRecord, Records } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { checkKey, reportCheck } from './report-check.ts';

type GroupJob = Extract<Job, { readonly kind: 'merge-group' }>;

/**
 * Looks at a merge group as it is now: plans everything between the base branch and its head, holds it against the approvals of all pull requests in it, and
 * says so in both checks of its head. A group that is gone gets its checks cancelled. Level-triggered, as a look at a pull request.
 */
export async function lookAtMergeGroup(ports: PullRequestPorts, job: GroupJob): Promise<void> {
  const repository = await ports.github.repository(job.installation, job.repository);
  if (repository === undefined)
    return ports.log.warn({ repository: job.repository }, 'the installation cannot see this repository (any more)');
  await ports.store.firstSeen(repository.id, ports.clock.nowMs());
  const group = await findMergeGroup(ports, repository, job);
  if (group === undefined) return endGroup(ports, repository, job.head);
  const known = await ports.store.mergeGroup(repository.id, group.head);
  const record = { ...recordOf(group), ...(known?.planned === undefined ? {} : { planned: known.planned }) };
  await ports.store.saveMergeGroup(record);
  const inspection = await inspectGroup(ports, group);
  const planned =
    known?.planned?.fingerprint === inspection.fingerprint && known.planned.base === inspection.base
      ? known.planned
      : await planAnew(ports, group, { inspection, record, job });
  if (planned !== undefined) await report(ports, group, { planned, inspection });
}

/** Asks for a look at the open merge groups that something may concern. */
export async function requestGroupLooks(
  store: Pick<Records, 'openMergeGroups' | 'requestJob'>,
  repository: Repository,
  concerns: (group: {
    readonly pulls: readonly PullNumber[];
    readonly branch: string;
    readonly head: CommitSha;
  }) => boolean,
): Promise<void> {
  for (const group of await store.openMergeGroups(repository.id)) {
    if (!concerns(group)) continue;
    const { branch, ref, head } = group;
    await store.requestJob({
      job: {
        kind: 'merge-group',
        installation: repository.installation,
        repository: repository.id,
        branch,
        ref,
        head,
      },
    });
  }
}

function recordOf({ repository, head, ref, branch, pulls }: MergeGroup): MergeGroupRecord {
  return { repository: repository.id, head, ref, branch, pulls: pulls.map(({ number }) => number), over: false };
}

async function endGroup(ports: PullRequestPorts, repository: Repository, head: CommitSha): Promise<void> {
  await endOpenChecks(ports, repository, { sha: head, by: 'not queued' });
  const known = await ports.store.mergeGroup(repository.id, head);
  if (known !== undefined && !known.over) await ports.store.saveMergeGroup({ ...known, over: true });
}

function headOf({ repository, head, branch, pulls }: MergeGroup): PlannedHead {
  return { repository, head: { sha: head }, base: { ref: branch }, pulls };
}

/** What the group touches, by the base branch's configuration; one that touches nothing needs nothing explained. */
async function inspectGroup(ports: PullRequestPorts, group: MergeGroup): Promise<Inspection> {
  const { repository, head, base, problem } = group;
  const offline = await Promise.all(group.pulls.map((pull) => isOffline(ports.store, pull)));
  const inspection = await inspectMerge(ports, headOf(group), {
    base,
    tree: await ports.checkout.treeOf(repository, head),
    offline: offline.includes(true),
  });
  const touches = inspection.next.kind === 'plan' || inspection.next.outcome.kind !== 'no-changes';
  if (problem === undefined || !touches) return inspection;
  return {
    ...inspection,
    fingerprint: JSON.stringify([head, problem]),
    next: { kind: 'decided', outcome: { kind: 'invalid', problems: [{ severity: 'error', message: problem }] } },
  };
}

/** Plans and stores what came of it; undefined when the queue gave the group up meanwhile. */
async function planAnew(
  ports: PullRequestPorts,
  group: MergeGroup,
  at: { readonly inspection: Inspection; readonly record: MergeGroupRecord; readonly job: GroupJob },
): Promise<MergeGroupRecord['planned']> {
  const { inspection, record } = at;
  const { repository, head } = group;
  const count = (record.planned?.count ?? 0) + 1;
  if (inspection.next.kind === 'plan') await reportInProgress(ports, group, count);
  const outcome = await planInspected(ports, headOf(group), inspection);
  const { refHead } = await ports.github.mergeQueue(repository, at.job);
  if (refHead !== head) {
    await endGroup(ports, repository, head);
    return undefined;
  }
  const plans = outcome.kind === 'planned' ? outcome.plans : [];
  const planned = {
    count,
    base: inspection.base,
    // What could not be looked at is looked at again at the next occasion.
    fingerprint: plans.every((plan) => plan.complete) ? inspection.fingerprint : '',
    outcome,
  };
  await ports.store.transaction(async (records) => {
    await records.savePlans(repository.id, plans);
    await records.saveMergeGroup({ ...record, planned });
    if (plans.length > 0)
      await records.audit({
        repository: repository.id,
        kind: 'plan',
        subject: group.ref,
        facts: {
          head,
          base: inspection.base,
          pulls: [...record.pulls],
          plans: plans.map((plan) => ({ target: plan.target, digest: plan.digest })),
        },
      });
  });
  return planned;
}

async function reportInProgress(ports: PullRequestPorts, group: MergeGroup, count: number): Promise<void> {
  for (const name of ['planwright/plan', 'planwright/gate'] as const) {
    await reportCheck(ports, group.repository, {
      origin: originOf(name, group, count),
      sha: group.head,
      name,
      text: inProgress(name, group.head),
      annotations: [],
    });
  }
}

async function report(
  ports: PullRequestPorts,
  group: MergeGroup,
  at: { readonly planned: NonNullable<MergeGroupRecord['planned']>; readonly inspection: Inspection },
): Promise<void> {
  const { repository, head } = group;
  const { outcome, count } = at.planned;
  const gate = await lookAtGateOf(ports, group.pulls, {
    head,
    outcome,
    environments: at.inspection.environments,
    apply: at.inspection.apply,
    base: at.inspection.base,
  });
  const view = viewOf(ports, group, { outcome, base: at.inspection.base, gate });
  const planOrigin = originOf('planwright/plan', group, count);
  // A completed plan stays as it was said; only who has approved it changes.
  if (!(await isCompleted(ports.store, repository.id, { head, origin: planOrigin })))
    await reportCheck(ports, repository, {
      origin: planOrigin,
      sha: head,
      name: 'planwright/plan',
      ...groupPlanCheck(view),
    });
  if (gate.decision.requirements.length > 0)
    await auditDecision(ports.store, { repository, head: { sha: head } }, { key: head, subject: group.ref, gate });
  await reportCheck(ports, repository, {
    origin: originOf('planwright/gate', group, count),
    sha: head,
    name: 'planwright/gate',
    annotations: [],
    ...groupGateCheck(view),
  });
}

async function isCompleted(
  store: Pick<Records, 'reported'>,
  repository: RepositoryId,
  of: { readonly head: CommitSha; readonly origin: string },
): Promise<boolean> {
  const row = await store.reported(repository, checkKey(of.head, 'planwright/plan'));
  return row?.closed === true && row.externalId.startsWith(`${of.origin}#`);
}

function viewOf(
  { server }: PullRequestPorts,
  group: MergeGroup,
  of: { readonly outcome: PlanningOutcome; readonly base: CommitSha; readonly gate: GateLook },
): MergeGroupView {
  const { url } = server;
  const [first, ...others] = group.pulls;
  return {
    pulls: [first.number, ...others.map(({ number }) => number)],
    head: group.head,
    base: { ref: group.branch, sha: of.base },
    outcome: of.outcome,
    gate: of.gate.decision,
    overrides: of.gate.overrides,
    ...(url === undefined ? {} : { planUrl: (plan: LinkedPlan) => planLink(url, plan) }),
  };
}

function originOf(name: CheckName, { repository, head }: MergeGroup, count: number): string {
  const run = groupPlanningId(repository, head, count);
  return name === 'planwright/plan' ? run : `gate:${run}`;
}
