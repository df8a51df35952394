import { applyOpenButton, type Button, replanButton } from '../domain/command/press.ts';
import { plansToApply, waitsForApply } from '../domain/gate/before-merge.ts';
import type { GateDecision } from '../domain/gate/decision.ts';
import { commitSha } from '../domain/identity.ts';
import { gateCheck } from '../domain/report/gate-check.ts';
import { inProgress } from '../domain/report/in-progress.ts';
import { planCheck } from '../domain/report/plan-check.ts';
import { planComment, planCommentMarker } from '../domain/report/plan-comment.ts';
import type { PlanningOutcome, PullRequestView } from '../domain/report/pull-request-view.ts';
import { worstVerdict } from '../domain/report/shared-head.ts';
import { answerCommands, finishCommands } from './answer-commands.ts';
import { auditDecision } from './audit-decision.ts';
import { configurationOf, type GateLook, lookAtGate } from './decide-gate.ts';
import { endOpenChecks } from './end-open-checks.ts';
import { followMerge } from './follow-merge.ts';
import { type Inspection, inspectPullRequest } from './inspect-pull-request.ts';
import { isCurrent } from './is-current.ts';
import { requestGroupLooks } from './look-at-merge-group.ts';
import { planInspected, plansOf } from './plan-pull-request.ts';
import { planningId } from './planning-id.ts';
import type { PullRequest } from './ports/github.ts';
import type { Job } from './ports/jobs.ts';
import type { PlanRun } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { keepLocksOfClosed, releaseAfterMerge } from './release-locks.ts';
import { reportBeforeMerge } from './report-before-merge.ts';
import { checkKey, reportCheck } from './report-check.ts';
import { reportComment } from './report-comment.ts';
import { reportGrantedLocks, reportKeptLocks } from './report-locks.ts';
import { viewOf } from './view-pull-request.ts';

/**
 * Looks at a pull request as it is now and brings everything about it up to date: commands, plan, gate, checks, comment, and after the merge its
 * deployments. Level-triggered: it may be run at any time and again; what is as it should be is left alone.
 */
export async function lookAtPullRequest(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'pull-request' }>,
): Promise<void> {
  const repository = await ports.github.repository(job.installation, job.repository);
  if (repository === undefined)
    return ports.log.warn({ repository: job.repository }, 'the installation cannot see this repository (any more)');
  await ports.store.firstSeen(repository.id, ports.clock.nowMs());
  await ports.store.nameRepository(repository);
  const pull = await ports.github.pullRequest(repository, job.pull);
  if (pull === undefined) return;
  // Its approvals and its head count in the merge groups that hold it.
  await requestGroupLooks(ports.store, repository, ({ pulls }) => pulls.includes(pull.number));
  await endOlderHead(ports, pull);
  if (pull.state === 'open') return lookAtOpen(ports, pull);
  const by = pull.merge === undefined ? 'closed' : 'merged';
  await endOpenChecks(ports, repository, { sha: pull.head.sha, by });
  const commands = await answerCommands(ports, pull);
  await reportBeforeMerge(ports, pull);
  if (pull.merge === undefined) await reportKeptLocks(ports, pull, await keepLocksOfClosed(ports, pull));
  else {
    await followMerge(ports, pull);
    await releaseAfterMerge(ports, pull);
  }
  await finishCommands(ports, commands);
}

async function lookAtOpen(ports: PullRequestPorts, pull: PullRequest): Promise<void> {
  const commands = await answerCommands(ports, pull);
  const inspection = await inspectPullRequest(ports, pull);
  const runs = await ports.store.planRuns(pull.repository.id, pull.number);
  const last = runs.at(-1);
  // Somebody who asked for a new plan is shown that it is being made; a base that moves by itself takes no answer away before there is another.
  const shown = last?.head === pull.head.sha && last.fingerprint !== '' && !commands.planAgain ? last : undefined;
  const current = shown !== undefined && (await isCurrent(ports, pull, { run: shown, inspection }));
  const run = current ? shown : await planAnew(ports, pull, { inspection, runs, shown });
  if (run === undefined) return;
  await reportGrantedLocks(ports, pull);
  const gate = await report(ports, pull, { run, inspection });
  await finishCommands(ports, commands, gate);
}

/** Plans and stores what came of it; undefined when the pull request moved on meanwhile, so that it has to be looked at again. */
async function planAnew(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: { readonly inspection: Inspection; readonly runs: readonly PlanRun[]; readonly shown: PlanRun | undefined },
): Promise<PlanRun | undefined> {
  const { inspection, shown } = at;
  const newId = planningId(pull.repository, pull.number, at.runs.length + 1);
  if (inspection.next.kind === 'plan' && shown?.shownAtMs === undefined) {
    await ports.store.saveReported({
      key: planningKey(pull),
      repository: pull.repository.id,
      externalId: pull.head.sha,
      content: '',
      closed: false,
    });
    await reportInProgress(ports, pull, newId);
  }
  const outcome = await planInspected(ports, pull, inspection);
  const now = await ports.github.pullRequest(pull.repository, pull.number);
  if (now === undefined || now.state !== 'open' || now.head.sha !== pull.head.sha) {
    await ports.store.requestJob({
      job: {
        kind: 'pull-request',
        installation: pull.repository.installation,
        repository: pull.repository.id,
        pull: pull.number,
      },
    });
    return undefined;
  }
  const plans = outcome.kind === 'planned' ? outcome.plans : [];
  const same = shown?.shownAtMs !== undefined && saysTheSame(ports, pull, { shown, outcome });
  const run: PlanRun = {
    // What was shown and approved goes on being shown; only the base that it is for is another.
    ...(same ? { id: shown.id, shownAtMs: shown.shownAtMs } : { id: newId }),
    repository: pull.repository.id,
    pull: pull.number,
    head: pull.head.sha,
    base: inspection.base,
    tree: inspection.tree,
    // What could not be looked at is looked at again at the next occasion.
    fingerprint: plans.every((plan) => plan.complete) ? inspection.fingerprint : '',
    plans: plans.map((plan) => plan.digest),
    outcome,
  };
  await ports.store.transaction(async (records) => {
    await records.savePlans(pull.repository.id, plans);
    await records.savePlanRun(run);
    if (plans.length > 0) {
      await records.audit({
        repository: pull.repository.id,
        kind: 'plan',
        subject: `#${pull.number}`,
        facts: {
          head: pull.head.sha,
          base: inspection.base,
          plans: plans.map((plan) => ({ target: plan.target, digest: plan.digest })),
        },
      });
    }
  });
  return run;
}

/** Planned again, and nothing that people see is different but the base's tip. */
function saysTheSame(
  ports: PullRequestPorts,
  pull: PullRequest,
  { shown, outcome }: { readonly shown: PlanRun; readonly outcome: PlanningOutcome },
): boolean {
  const digests = outcome.kind === 'planned' ? outcome.plans.map(({ digest }) => digest) : [];
  if (shown.plans.join() !== digests.join()) return false;
  // Whoever approved the files has not seen what the base made of them since.
  if (configurationOf(shown.outcome).configuration !== configurationOf(outcome).configuration) return false;
  const [before, after] = [shown.outcome, outcome].map((each) => {
    const view = viewOf(ports.server, { pull, base: shown.base, outcome: each, gate: undecided });
    return JSON.stringify([planCheck(view), planComment(view)]);
  });
  return before === after;
}

const undecided: GateDecision = { status: 'open', requirements: [] };

async function reportInProgress(ports: PullRequestPorts, pull: PullRequest, runId: string): Promise<void> {
  for (const name of ['planwright/plan', 'planwright/gate'] as const) {
    await reportCheck(ports, pull.repository, {
      origin: originOf(name, runId),
      sha: pull.head.sha,
      name,
      text: inProgress(name, pull.head.sha),
      annotations: [],
    });
  }
}

async function report(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: { readonly run: PlanRun; readonly inspection: Inspection },
): Promise<GateDecision> {
  const { run, inspection } = at;
  const outcome = run.outcome;
  const { base, environments, apply } = inspection;
  const before = await lookAtGate(ports, pull, { outcome, base, environments, apply });
  const view = viewOf(ports.server, {
    pull,
    base: run.base,
    outcome,
    gate: before.decision,
    overrides: before.overrides,
    deployments: await reportBeforeMerge(ports, pull),
  });
  await reportComment(ports, pull.repository, {
    number: pull.number,
    marker: planCommentMarker,
    body: planComment(view),
    onlyIfThere: outcome.kind === 'no-changes',
    plan: run.id,
  });
  const actions = outcome.kind === 'no-changes' ? [] : [replanButton];
  const others = await viewsOfSameHead(ports, pull);
  await reportPlanCheck(ports, pull, { run, view, others, actions });
  const { conclusion, text } = worstVerdict(
    { pull: pull.number, ...gateCheck(view) },
    others.map((other) => ({ pull: other.pull, ...gateCheck(other) })),
  );
  if (before.decision.requirements.length > 0)
    await auditDecision(ports.store, pull, { key: `${pull.number}`, subject: `#${pull.number}`, gate: before });
  await reportCheck(ports, pull.repository, {
    origin: originOf('planwright/gate', run.id),
    sha: pull.head.sha,
    name: 'planwright/gate',
    text,
    annotations: [],
    conclusion,
    actions: others.length === 0 ? [...actions, ...applyButtons(pull, { run, gate: before })] : actions,
    ...detailsOf(view),
  });
  return before.decision;
}

/** With several pull requests of one head, nobody could tell which of them is meant. */
function applyButtons(
  pull: PullRequest,
  { run, gate }: { readonly run: PlanRun; readonly gate: GateLook },
): readonly Button[] {
  if (!waitsForApply(gate.decision)) return [];
  return [applyOpenButton(pull.number, plansToApply(plansOf(run), pull.head.sha, gate.applied))];
}

/**
 * GitHub knows checks by the head alone: other open pull requests that have the same one, as they stand by their last plan. One that was never planned
 * speaks for itself once it is.
 */
async function viewsOfSameHead(ports: PullRequestPorts, pull: PullRequest): Promise<readonly PullRequestView[]> {
  const numbers = await ports.store.pullsWithHead(pull.repository.id, pull.head.sha);
  const views: PullRequestView[] = [];
  for (const number of numbers) {
    if (number === pull.number) continue;
    const other = await ports.github.pullRequest(pull.repository, number);
    if (other === undefined || other.state !== 'open' || other.head.sha !== pull.head.sha) continue;
    const run = (await ports.store.planRuns(pull.repository.id, number)).findLast(
      (candidate) => candidate.head === pull.head.sha,
    );
    if (run === undefined) continue;
    const inspection = await inspectPullRequest(ports, other);
    const outcome = run.outcome;
    const { base, environments, apply } = inspection;
    const gate = await lookAtGate(ports, other, { outcome, base, environments, apply });
    views.push(
      viewOf(ports.server, {
        pull: other,
        base: run.base,
        outcome,
        gate: gate.decision,
        overrides: gate.overrides,
      }),
    );
  }
  return views;
}

/** The run's completion is the moment from which its plans count as shown. */
async function reportPlanCheck(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: {
    readonly run: PlanRun;
    readonly view: PullRequestView;
    readonly others: readonly PullRequestView[];
    readonly actions: readonly Button[];
  },
): Promise<void> {
  const { run, view } = at;
  const origin = originOf('planwright/plan', run.id);
  if (run.shownAtMs !== undefined && (await isSaidBy(ports, pull, origin))) return;
  const { annotations, ...own } = planCheck(view);
  const { conclusion, text } = worstVerdict(
    { pull: pull.number, ...own },
    at.others.map((other) => ({ pull: other.pull, ...planCheck(other) })),
  );
  const told = await reportCheck(ports, pull.repository, {
    origin,
    sha: pull.head.sha,
    name: 'planwright/plan',
    text,
    annotations,
    conclusion,
    actions: at.actions,
    ...detailsOf(view),
  });
  if (run.shownAtMs !== undefined) return;
  const completed =
    told ??
    (await ports.github.checkRuns(pull.repository, pull.head.sha, 'planwright/plan')).find((candidate) =>
      candidate.externalId.startsWith(`${origin}#`),
    );
  if (completed?.completedAtMs === undefined)
    throw new Error(
      `GitHub does not say when planwright/plan of ${pull.head.sha} was completed; nothing counts as shown until it does`,
    );
  await ports.store.markShown(run.id, completed.completedAtMs);
}

/** A fault of ours, or another pull request with this head, may have spoken after the plan was shown. */
async function isSaidBy(ports: PullRequestPorts, pull: PullRequest, origin: string): Promise<boolean> {
  const row = await ports.store.reported(pull.repository.id, checkKey(pull.head.sha, 'planwright/plan'));
  return row?.externalId.startsWith(`${origin}#`) === true;
}

/** Each decision once: it is another one when something that it was decided on is, whether or not people see a difference. */
function originOf(name: 'planwright/plan' | 'planwright/gate', runId: string): string {
  return name === 'planwright/plan' ? runId : `gate:${runId}`;
}

function detailsOf(view: PullRequestView): { readonly detailsUrl?: string } {
  const first = view.outcome.kind === 'planned' ? view.outcome.plans[0] : undefined;
  return view.planUrl === undefined || first === undefined ? {} : { detailsUrl: view.planUrl(first) };
}

/** What was begun for a head that is no longer the pull request's is said to be over. */
async function endOlderHead(ports: PullRequestPorts, pull: PullRequest): Promise<void> {
  const planning = await ports.store.reported(pull.repository.id, planningKey(pull));
  if (planning !== undefined && planning.externalId !== pull.head.sha)
    await endOpenChecks(ports, pull.repository, { sha: commitSha(planning.externalId), by: 'pushed' });
}

function planningKey(pull: PullRequest): string {
  return `planning:${pull.number}`;
}
