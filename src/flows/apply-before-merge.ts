import { personJson } from '../domain/audit/gate-inputs.ts';
import { meaningOfOpen } from '../domain/command/press.ts';
import type { CommandRefusal } from '../domain/command/refusal-text.ts';
import { selectTargets } from '../domain/command/select-targets.ts';
import type { TargetPattern } from '../domain/command/target-pattern.ts';
import type { Environment } from '../domain/config/config.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import { shownBefore } from '../domain/gate/approvals.ts';
import { missingForApply, plansToApply } from '../domain/gate/before-merge.ts';
import type { Permission } from '../domain/gate/people.ts';
import { type CommitSha, type PullNumber, type Repository, type TargetName, targetParts } from '../domain/identity.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { PlanningOutcome } from '../domain/report/pull-request-view.ts';
import { lookAtGate } from './decide-gate.ts';
import { findTargetStandings } from './find-target-standings.ts';
import { type Inspection, inspectPullRequest } from './inspect-pull-request.ts';
import { isCurrent } from './is-current.ts';
import type { Asked } from './let-deployment-go.ts';
import { plansOf } from './plan-pull-request.ts';
import type { PullRequest } from './ports/github.ts';
import type { LockEntry, Records } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { waitsKey } from './report-locks.ts';

/** `/apply` on an open pull request, or its button. */
interface SaidApply {
  readonly asked: Asked;
  /** The plans that a button named. */
  readonly means?: string;
  readonly permission: Permission;
  readonly patterns: readonly TargetPattern[];
  /** For which targets it was carried out already. */
  readonly obeyed: readonly TargetName[];
}

/**
 * Takes the locks and has the test merge of this head applied, each target planned and judged again at its turn; undefined when that is under way.
 * Carried out once a comment: the locks, the deployments and the mark of the command are one transaction.
 */
export async function applyBeforeMerge(
  ports: PullRequestPorts,
  pull: PullRequest,
  said: SaidApply,
): Promise<CommandRefusal | undefined> {
  const inspection = await inspectPullRequest(ports, pull);
  const { base, environments, apply } = inspection;
  const early = await refuseEarly(ports, pull, inspection);
  if (early !== undefined) return early;
  const missingOf = async (outcome: PlanningOutcome) =>
    missingForApply((await lookAtGate(ports, pull, { outcome, base, environments, apply })).decision);
  const runs = await ports.store.planRuns(pull.repository.id, pull.number);
  const shown = runs.flatMap(({ head, shownAtMs, plans }) =>
    shownAtMs === undefined ? [] : [{ head, shownAtMs, plans }],
  );
  const last = runs.findLast(({ head }) => head === pull.head.sha);
  const read = shownBefore(pull.head.sha, said.asked.atMs, shown);
  if (last === undefined || read === undefined) return { kind: 'plan-not-shown', head: pull.head.sha };
  // What was checked without a cluster has no effects yet.
  if (last.outcome.kind === 'planned' && last.outcome.offline)
    return { kind: 'gate-closed', missing: await missingOf(last.outcome) };
  const plans = plansOf(last);
  const selection = selectTargets(
    said.patterns,
    plans.map(({ target }) => target),
  );
  if (selection.kind === 'unknown') return { kind: 'unknown-target', unknown: selection.unknown, known: plans.length };
  const standings = await findTargetStandings(ports.store, pull, plans);
  const open = plansToApply(plans, pull.head.sha, standings);
  if (said.means !== undefined && said.means !== meaningOfOpen(pull.number, open))
    return { kind: 'shown-plan-moved', head: pull.head.sha };
  const wanted = open.filter(({ target }) => selection.targets.includes(target) && !said.obeyed.includes(target));
  if (wanted.length === 0) return said.obeyed.length > 0 ? undefined : { kind: 'nothing-to-apply' };
  const order = findOrder(wanted, { open, environments });
  if (order !== undefined) return order;
  // What somebody else applied meanwhile stands in everybody's plan: until it is their turn, people could not meet the rest.
  if (wanted.some(({ target }) => standings.get(target)?.lock.kind === 'behind'))
    return ports.store.transaction((records) => askForLocks(records, pull, { said, wanted }));
  const missing = await missingOf(last.outcome);
  if (missing.length > 0) return { kind: 'gate-closed', missing };
  const wasRead = wanted.every(({ digest }) => read.plans.includes(digest));
  if (!wasRead || !(await isCurrent(ports, pull, { run: last, inspection })))
    return { kind: 'shown-plan-moved', head: pull.head.sha };
  return begin(ports, pull, { said, inspection, wanted });
}

async function refuseEarly(
  ports: PullRequestPorts,
  pull: PullRequest,
  { next, base, environments, apply }: Inspection,
): Promise<CommandRefusal | undefined> {
  if (next.kind === 'decided' && (next.outcome.kind === 'invalid' || next.outcome.kind === 'conflict')) {
    const { decision } = await lookAtGate(ports, pull, { outcome: next.outcome, base, environments, apply });
    return { kind: 'gate-closed', missing: missingForApply(decision) };
  }
  if (apply === 'after-merge') return { kind: 'merging-deploys', base: pull.base.ref };
  if (!pull.base.isDefaultBranch)
    return { kind: 'may-not-deploy', reason: 'only what goes into the default branch is applied' };
  return undefined;
}

/** Environments that come first are applied first, or by the same command. */
function findOrder(
  wanted: readonly Plan[],
  at: { readonly open: readonly Plan[]; readonly environments: ReadonlyMap<string, Environment> },
): CommandRefusal | undefined {
  const names = new Set(wanted.map(({ target }) => target));
  for (const { target } of wanted) {
    const after = at.environments.get(targetParts(target).environment)?.after ?? [];
    const before = at.open
      .map((plan) => plan.target)
      .filter((other) => after.includes(targetParts(other).environment) && !names.has(other));
    if (before.length > 0) return { kind: 'out-of-order', targets: [target], before };
  }
  return undefined;
}

interface Beginning {
  readonly said: SaidApply;
  readonly inspection: Inspection;
  readonly wanted: readonly Plan[];
}

async function begin(
  ports: PullRequestPorts,
  pull: PullRequest,
  { said, inspection, wanted }: Beginning,
): Promise<CommandRefusal | undefined> {
  const { repository } = pull;
  const forbidden = findForbidden(ports, repository, { wanted, inspection });
  if (forbidden !== undefined) return { kind: 'may-not-deploy', reason: forbidden };
  const commit = await ports.checkout.commitTestMerge(repository, inspection.base, pull.head.sha);
  if (commit === undefined)
    throw new Error(`#${pull.number} conflicts with its base although it was planned; it is looked at again`);
  const deployments = await Promise.all(
    wanted.map(async ({ target }) => ({
      target,
      deployed: await ports.store.deployed(repository.id, target),
      sequence: await sequenceAt(ports, repository, { target, base: inspection.base }),
    })),
  );
  return ports.store.transaction(async (records) => {
    const locked = await askForLocks(records, pull, { said, wanted });
    if (locked !== undefined) return locked;
    for (const { target, deployed, sequence } of deployments) {
      await records.addDeployments([
        {
          repository: repository.id,
          pull: pull.number,
          target,
          environment: targetParts(target).environment,
          commit,
          testMerge: { base: inspection.base, head: pull.head.sha, from: deployed?.commit },
          sequence,
        },
      ]);
      const again = (await records.deploymentsBeforeMerge(repository.id, pull.number)).find(
        (deployment) => deployment.target === target && deployment.commit === commit,
      );
      if (again !== undefined) await records.applyAgain(again.id);
      if (said.asked.comment !== undefined) await records.markObeyed(repository.id, said.asked.comment, target);
      await records.requestJob({
        job: { kind: 'target', installation: repository.installation, repository: repository.id, target },
      });
      await records.audit({
        repository: repository.id,
        kind: 'lock',
        subject: target,
        facts: {
          pull: pull.number,
          head: pull.head.sha,
          base: inspection.base,
          commit,
          by: personJson(said.asked.by),
          permission: said.permission,
          comment: said.asked.comment ?? null,
        },
      });
    }
    return undefined;
  });
}

/** All of the locks, or a place in each line; undefined when the pull request has them. */
async function askForLocks(
  records: Records,
  { repository, number }: PullRequest,
  { said, wanted }: Pick<Beginning, 'said' | 'wanted'>,
): Promise<CommandRefusal | undefined> {
  const locked: { readonly target: TargetName; readonly ahead: readonly LockEntry['pull'][] }[] = [];
  const { by } = said.asked;
  // Everybody asks in this order, so that two pull requests cannot each be before the other in what they ask for at once.
  for (const { target } of wanted.toSorted((left, right) => (left.target < right.target ? -1 : 1))) {
    const queue = await records.queueForLock({ repository: repository.id, target, pull: number, by });
    const place = queue.findIndex((entry) => entry.pull === number);
    if (place === 0) continue;
    locked.push({ target, ahead: queue.slice(0, place).map((entry) => entry.pull) });
    const key = waitsKey(number, target);
    await records.saveReported({ key, repository: repository.id, externalId: '', content: '', closed: false });
  }
  if (locked.length === 0) return undefined;
  const ahead = new Set(locked.flatMap((entry) => entry.ahead));
  const circle: PullNumber[] = [];
  for (const other of ahead) if (await waitsFor(records, repository, { from: other, for: number })) circle.push(other);
  return { kind: 'locked', locked, circle };
}

/** Whether one pull request waits for another in a line of any target, or for somebody who does. */
async function waitsFor(
  records: Records,
  repository: Repository,
  of: { readonly from: PullNumber; readonly for: PullNumber },
): Promise<boolean> {
  const seen = new Set([of.from]);
  for (const pull of seen)
    for (const target of await records.locksOf(repository.id, pull)) {
      const queue = (await records.lockQueue(repository.id, target)).map((entry) => entry.pull);
      for (const other of queue.slice(0, Math.max(0, queue.indexOf(pull)))) seen.add(other);
    }
  return seen.has(of.for);
}

function findForbidden(
  { server }: PullRequestPorts,
  repository: Repository,
  { wanted, inspection }: Pick<Beginning, 'wanted' | 'inspection'>,
): string | undefined {
  for (const { target } of wanted) {
    const name = inspection.environments.get(targetParts(target).environment)?.cluster ?? '';
    const cluster = server.clusters.get(name);
    if (cluster === undefined || !mayDeploy(cluster, repository))
      return `${repository.owner}/${repository.name} may not deploy to ${name}: the server allows it by PLANWRIGHT_REPOSITORIES or in its file`;
  }
  return undefined;
}

/** Of the newest recorded merge that the base holds: what was merged up to there is part of the test merge. */
async function sequenceAt(
  { store, checkout }: PullRequestPorts,
  repository: Repository,
  at: { readonly target: TargetName; readonly base: CommitSha },
): Promise<number> {
  const from = (await store.deployed(repository.id, at.target))?.sequence ?? 0;
  const merges = await store.mergesBetween(repository.id, from, Number.MAX_SAFE_INTEGER);
  for (const { commit, sequence } of merges.toReversed())
    if ((await checkout.fetchCommit(repository, commit)) && (await checkout.isAncestor(repository, commit, at.base)))
      return sequence;
  return from;
}
