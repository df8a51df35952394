import type { DeploymentPhase } from '../deployment/deployment.ts';
import type { CommitSha, PlanDigest, PullNumber, TargetName } from '../identity.ts';
import type { Plan } from '../plan/plan.ts';
import type { GateDecision, Requirement } from './decision.ts';

/** Where a target stands that its pull request applies before the merge. */
export interface TargetStanding {
  readonly target: TargetName;
  readonly lock:
    | { readonly kind: 'free' | 'held' }
    /** `ahead`: who is before this pull request, the holder first. */
    | { readonly kind: 'behind'; readonly ahead: readonly PullNumber[] };
  /** The newest test merge of this pull request that was to be applied. */
  readonly applied?: {
    readonly deployment: number;
    readonly commit: CommitSha;
    readonly head: CommitSha;
    readonly phase: DeploymentPhase;
    /** The target still has this commit. */
    readonly isDeployed: boolean;
  };
}

export interface BeforeMergeFacts {
  readonly head: CommitSha;
  readonly plans: readonly Plan[];
  readonly standings: ReadonlyMap<TargetName, TargetStanding>;
}

/** What `/apply` itself brings about: it goes ahead without them. */
const met: ReadonlySet<string> = new Set(['lock', 'applied']);

/** What stands in the way of `/apply`. */
export function missingForApply(gate: GateDecision): readonly Requirement[] {
  return gate.requirements.filter(({ name, status }) => status !== 'met' && !met.has(name));
}

/** Whether the gate waits for nothing but somebody who says `/apply`. */
export function waitsForApply(gate: GateDecision): boolean {
  const open = gate.requirements.filter(({ status }) => status !== 'met');
  return open.length > 0 && open.every(({ name, who }) => name === 'applied' && who.length > 0);
}

/** Whether the merge would bring nothing that this target does not have already. */
export type AppliedState =
  | { readonly kind: 'applied'; readonly commit: CommitSha; readonly plan: PlanDigest }
  | { readonly kind: 'under-way'; readonly reason: string }
  | { readonly kind: 'not-applied'; readonly reason: string };

/** A plan without effects is applied as well where an earlier head was: its lock is held for this pull request. */
export function needsApply(plan: Plan, standing: TargetStanding | undefined): boolean {
  return plan.effects.length > 0 || (standing?.lock.kind === 'held' && standing.applied !== undefined);
}

/** What `/apply` would apply, what is under way included. */
export function plansToApply(
  plans: readonly Plan[],
  head: CommitSha,
  standings: BeforeMergeFacts['standings'],
): readonly Plan[] {
  return plans.filter((plan) => {
    const standing = standings.get(plan.target);
    return needsApply(plan, standing) && appliedState(plan, head, standing).kind !== 'applied';
  });
}

export function appliedState(
  plan: Pick<Plan, 'digest' | 'effects'>,
  head: CommitSha,
  standing: TargetStanding | undefined,
): AppliedState {
  const applied = standing?.applied;
  const notApplied = (reason: string): AppliedState => ({ kind: 'not-applied', reason });
  if (applied === undefined) return notApplied('not applied yet');
  const of = applied.head.slice(0, 7);
  const { phase } = applied;
  switch (phase.kind) {
    case 'queued':
    case 'applying':
    case 'verifying':
      return { kind: 'under-way', reason: `${of} is being applied` };
    case 'waiting':
      return { kind: 'under-way', reason: `applying ${of} waits: ${phase.reason}` };
    case 'failed':
    case 'cancelled':
      return notApplied(`applying ${of} ${phase.kind === 'failed' ? 'failed' : 'was cancelled'}: ${phase.reason}`);
    case 'held':
      return notApplied(`applying ${of} was refused: ${phase.reasons.join('; ')}`);
    case 'superseded':
      return notApplied(`${phase.by.slice(0, 12)} was deployed instead of ${of}`);
    case 'succeeded':
      break;
  }
  if (applied.head !== head) return notApplied(`applied as of ${of}, and pushed to since`);
  if (standing?.lock.kind !== 'held') return notApplied(`${of} was applied, and its lock released since`);
  if (!applied.isDeployed) return notApplied(`${of} was applied, and something else deployed since`);
  if (plan.effects.length > 0 && plan.digest !== phase.plan)
    return notApplied(`plan ${phase.plan.slice(0, 12)} was applied, and something is left to do since`);
  return { kind: 'applied', commit: applied.commit, plan: phase.plan };
}

/** *lock* and *applied*; none where the pull request changes nothing. */
export function beforeMergeRequirements(facts: BeforeMergeFacts): readonly Requirement[] {
  const plans = facts.plans.filter((plan) => needsApply(plan, facts.standings.get(plan.target)));
  return plans.length === 0 ? [] : [lockRequirement(plans, facts), appliedRequirement(plans, facts)];
}

function lockRequirement(plans: readonly Plan[], { standings }: BeforeMergeFacts): Requirement {
  const name = 'lock';
  const behind = plans.flatMap(({ target }) => {
    const lock = standings.get(target)?.lock;
    return lock?.kind === 'behind' ? [{ target, ahead: lock.ahead }] : [];
  });
  const evidence = plans.map(({ target }) => `${target}: ${lockText(standings.get(target))}`);
  if (behind.length === 0) {
    const reason = 'nobody else holds the lock of a target; /apply takes it and the merge releases it';
    return { name, status: 'met', reason, who: [], evidence, targets: plans.map(({ target }) => target) };
  }
  const holders = [...new Set(behind.flatMap(({ ahead }) => ahead.slice(0, 1)))].map((pull) => `#${pull}`).join(', ');
  return {
    name,
    status: 'unmet',
    reason: `${holders} ${behind.length === 1 ? 'holds the lock of this target' : 'hold the locks of these targets'}`,
    who: [`whoever merges ${holders}`, 'anyone with write access, by /unlock there'],
    evidence,
    targets: behind.map(({ target }) => target),
  };
}

function lockText(standing: TargetStanding | undefined): string {
  const lock = standing?.lock ?? { kind: 'free' };
  switch (lock.kind) {
    case 'free':
      return 'its lock is free';
    case 'held':
      return 'its lock is held by this pull request';
    case 'behind':
      return `its lock is held by ${lock.ahead.map((pull) => `#${pull}`).join(', then by ')}`;
  }
}

function appliedRequirement(plans: readonly Plan[], { head, standings }: BeforeMergeFacts): Requirement {
  const name = 'applied';
  const states = plans.map((plan) => ({
    target: plan.target,
    state: appliedState(plan, head, standings.get(plan.target)),
  }));
  const evidence = states.map(({ target, state }) => `${target}: ${stateText(state)}`);
  const open = states.filter(({ state }) => state.kind !== 'applied');
  const [first] = open;
  if (first === undefined) {
    const targets = states.map(({ target }) => target);
    return { name, status: 'met', reason: `what ${head.slice(0, 7)} changes is applied`, who: [], evidence, targets };
  }
  return {
    name,
    status: 'unmet',
    reason: open.length === 1 ? stateText(first.state) : `${open.length} targets are not applied`,
    who: open.some(({ state }) => state.kind === 'not-applied') ? ['anyone with write access, by /apply'] : [],
    evidence,
    targets: open.map(({ target }) => target),
  };
}

function stateText(state: AppliedState): string {
  if (state.kind === 'applied')
    return `test merge ${state.commit.slice(0, 12)} is applied, plan ${state.plan.slice(0, 12)}`;
  return state.reason;
}
