import type { Deployment, DeploymentPhase, TestMergeParents } from '../domain/deployment/deployment.ts';
import { missingForApply } from '../domain/gate/before-merge.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { JudgedMerge } from './approve-deployment.ts';
import { findMovement } from './base-movement.ts';
import { lookAtGate } from './decide-gate.ts';
import { isPartOf, type Turn } from './deployment-turn.ts';
import type { FoundSource } from './plan-deployment.ts';
import type { PullRequest } from './ports/github.ts';

/** Why a deployment may not go on at this moment, as the phase that follows; undefined when nothing stands in its way. */
export async function findObstacle(turn: Turn, deployment: Deployment): Promise<DeploymentPhase | undefined> {
  const { ports, repository } = turn;
  const [holder] = await ports.store.lockQueue(repository.id, deployment.target);
  if (deployment.testMerge !== undefined)
    return findTestMergeObstacle(turn, { deployment, isHolder: holder?.pull === deployment.pull });
  if (holder === undefined || holder.pull === deployment.pull) return undefined;
  return {
    kind: 'waiting',
    reason: `#${holder.pull} holds the lock of ${deployment.target}: it is applied before its merge; merge it, or say /unlock there`,
  };
}

async function findTestMergeObstacle(
  turn: Turn,
  at: { readonly deployment: Deployment; readonly isHolder: boolean },
): Promise<DeploymentPhase | undefined> {
  const { ports } = turn;
  const { deployment } = at;
  const reason = at.isHolder ? await findReason(turn, deployment) : 'the lock was released';
  if (reason === undefined) return undefined;
  const steps = await ports.store.steps(deployment.id);
  return steps.length === 0
    ? { kind: 'cancelled', reason }
    : { kind: 'failed', reason: `${reason}, and a part of it is written already`, plan: undefined };
}

/** Everything is asked again: what was said on the pull request is a hint. */
async function findReason(turn: Turn, deployment: Deployment): Promise<string | undefined> {
  const { ports, repository } = turn;
  const { testMerge, commit } = deployment;
  const pull = await ports.github.pullRequest(repository, deployment.pull);
  if (pull === undefined || pull.state !== 'open') return `#${deployment.pull} is not open any more`;
  if (pull.head.sha !== testMerge?.head)
    return `#${deployment.pull} was pushed to; read its new plan and say /apply again`;
  const elsewhere = await findMovedBase(turn, { deployment, testMerge, pull });
  if (elsewhere !== undefined) return elsewhere;
  const deployed = await ports.store.deployed(repository.id, deployment.target);
  if (deployed === undefined) return undefined;
  const own = await ports.store.testMergeOf(repository.id, deployed.commit);
  if (await isPartOf(turn, own?.base ?? deployed.commit, commit)) return undefined;
  return 'something newer than the base that it was made for is deployed; say /apply again';
}

/** It is applied by the base branch's configuration as it is now, and where something is merged below it, that is planned and shown first. */
async function findMovedBase(
  { ports, repository }: Turn,
  at: { readonly deployment: Deployment; readonly testMerge: TestMergeParents; readonly pull: PullRequest },
): Promise<string | undefined> {
  const { deployment, testMerge, pull } = at;
  const { ref, isDefaultBranch } = pull.base;
  if (!isDefaultBranch)
    return `#${pull.number} goes into ${ref} now; only what goes into the default branch is applied`;
  if (await ports.github.usesMergeQueue(repository, ref)) return `GitHub has a merge queue for ${ref} now`;
  const { tip } = await ports.checkout.fetchBranch(repository, ref);
  if (tip === testMerge.base) return undefined;
  const movement = await findMovement(ports, repository, { from: testMerge.base, to: tip });
  const isUntouched =
    movement !== undefined && !movement.judgesAnew && movement.targets.every(({ name }) => name !== deployment.target);
  return isUntouched
    ? undefined
    : `${ref} has moved under ${deployment.target}; read the new plan and say /apply again`;
}

/** The gate of the test merge's pull request with this plan, as it is now: what stands in the way, and who approved what. */
export async function judgeTestMerge(
  turn: Turn,
  at: { readonly deployment: Deployment; readonly source: FoundSource; readonly plan: Plan },
): Promise<JudgedMerge> {
  const { ports, repository } = turn;
  const { deployment, plan } = at;
  const { pull: number, commit, sequence, testMerge } = deployment;
  const judged = (blockers: readonly string[], more: Partial<JudgedMerge> = {}): JudgedMerge => ({
    pull: number,
    commit,
    sequence,
    blockers,
    approvals: [],
    ...more,
  });
  const pull = await ports.github.pullRequest(repository, number);
  if (pull === undefined || pull.state !== 'open' || pull.head.sha !== testMerge?.head)
    return judged([`#${number} was pushed to or closed while it was planned`]);
  const runs = await ports.store.planRuns(repository.id, number);
  const outcome = runs.findLast(({ head }) => head === testMerge.head)?.outcome;
  if (outcome?.kind !== 'planned' || !outcome.plans.some(({ target }) => target === plan.target))
    return judged([`no plan of ${plan.target} is shown for ${testMerge.head.slice(0, 7)}`]);
  const { environments, rules } = at.source.configuration;
  const { decision, approvals, inputs, sources } = await lookAtGate(ports, pull, {
    outcome: { ...outcome, plans: outcome.plans.map((shown) => (shown.target === plan.target ? plan : shown)) },
    base: testMerge.base,
    environments,
    rules,
    apply: 'before-merge',
  });
  return judged(
    missingForApply(decision).map(({ name, reason }) => `${name}: ${reason}`),
    {
      approvals: approvals.flatMap((approval) =>
        approval.kind === 'counts'
          ? [
              {
                person: approval.person,
                permission: approval.permission,
                plans: approval.plans,
                sources: sources.get(approval.person.id) ?? [],
              },
            ]
          : [],
      ),
      judgedOn: { base: testMerge.base, head: testMerge.head, gate: inputs },
    },
  );
}
