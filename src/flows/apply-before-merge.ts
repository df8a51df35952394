import type { CommandRefusal } from '../domain/command/refusal-text.ts';
import { selectTargets } from '../domain/command/select-targets.ts';
import type { TargetPattern } from '../domain/command/target-pattern.ts';
import type { Environment } from '../domain/config/config.ts';
import { mayDeploy } from '../domain/config/server-settings.ts';
import { shownBefore } from '../domain/gate/approvals.ts';
import { appliedState, missingForApply, needsApply } from '../domain/gate/before-merge.ts';
import type { Permission } from '../domain/gate/people.ts';
import { type CommitSha, type Repository, type TargetName, targetParts } from '../domain/identity.ts';
import type { Plan } from '../domain/plan/plan.ts';
import { lookAtGate } from './decide-gate.ts';
import { findTargetStandings } from './find-target-standings.ts';
import { type Inspection, inspectPullRequest, plansOf } from './plan-pull-request.ts';
import type { Comment, PullRequest } from './ports/github.ts';
import type { LockEntry, Records } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { waitsKey } from './report-locks.ts';

/** `/apply` on an open pull request, as it was said. */
interface SaidApply {
  readonly comment: Comment;
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
  const runs = await ports.store.planRuns(pull.repository.id, pull.number);
  const shown = runs.flatMap(({ head, shownAtMs, plans }) =>
    shownAtMs === undefined ? [] : [{ head, shownAtMs, plans }],
  );
  const last = runs.findLast(({ head }) => head === pull.head.sha);
  if (last === undefined || shownBefore(pull.head.sha, said.comment.createdAtMs, shown) === undefined)
    return { kind: 'plan-not-shown', head: pull.head.sha };
  const plans = plansOf(last);
  const selection = selectTargets(
    said.patterns,
    plans.map(({ target }) => target),
  );
  if (selection.kind === 'unknown') return { kind: 'unknown-target', unknown: selection.unknown, known: plans.length };
  const standings = await findTargetStandings(ports.store, pull, plans);
  const open = plans.filter(
    (plan) =>
      needsApply(plan, standings.get(plan.target)) &&
      appliedState(plan, pull.head.sha, standings.get(plan.target)).kind !== 'applied',
  );
  const wanted = open.filter(({ target }) => selection.targets.includes(target) && !said.obeyed.includes(target));
  if (wanted.length === 0) return said.obeyed.length > 0 ? undefined : { kind: 'nothing-to-apply' };
  const order = findOrder(wanted, { open, environments });
  if (order !== undefined) return order;
  // What somebody else applied meanwhile stands in everybody's plan: until it is their turn, people could not meet the rest.
  if (wanted.some(({ target }) => standings.get(target)?.lock.kind === 'behind'))
    return ports.store.transaction((records) => askForLocks(records, pull, { said, wanted }));
  const { decision } = await lookAtGate(ports, pull, { outcome: last.outcome, base, environments, apply });
  const missing = missingForApply(decision);
  if (missing.length > 0) return { kind: 'gate-closed', missing };
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
      await records.markObeyed(repository.id, said.comment.id, target);
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
          by: said.comment.author.login,
          permission: said.permission,
          comment: said.comment.id,
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
  const by = said.comment.author;
  // Everybody asks in this order, so that two pull requests cannot each be before the other in what they ask for at once.
  for (const { target } of wanted.toSorted((left, right) => (left.target < right.target ? -1 : 1))) {
    const queue = await records.queueForLock({ repository: repository.id, target, pull: number, by });
    const place = queue.findIndex((entry) => entry.pull === number);
    if (place === 0) continue;
    locked.push({ target, ahead: queue.slice(0, place).map((entry) => entry.pull) });
    const key = waitsKey(number, target);
    await records.saveReported({ key, repository: repository.id, externalId: '', content: '', closed: false });
  }
  return locked.length === 0 ? undefined : { kind: 'locked', locked };
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
