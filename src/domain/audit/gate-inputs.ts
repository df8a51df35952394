import type { ReviewFacts } from '../gate/approvals.ts';
import type { TargetStanding } from '../gate/before-merge.ts';
import type { GateFacts } from '../gate/decide-gate.ts';
import type { Requirement } from '../gate/decision.ts';
import type { Person } from '../gate/people.ts';
import type { Json, JsonObject } from '../json.ts';

/**
 * What the gate was decided on, for the audit: which plans, what GitHub said of reviews, permissions and pushers, what was overridden, and before the merge
 * whose the locks are and what is applied. Enough to decide again, together with the plans and the configuration at the base.
 */
export function gateInputs(facts: GateFacts): JsonObject {
  const [first, ...others] = facts.reviews.map(reviewInputs);
  return {
    head: facts.head,
    plans: facts.plans.map(({ plan, environment }) => ({
      target: plan.target,
      digest: plan.digest,
      base: plan.base,
      cluster: plan.cluster.uid ?? null,
      approvals: environment.approvals,
    })),
    planProblem: facts.planProblem ?? null,
    ...first,
    // Of the other pull requests of a merge group.
    ...(others.length === 0 ? {} : { alongside: others }),
    overrides: (facts.overrides ?? []).map(({ of, plans, person, sources, comment }) => ({
      of: { ...of },
      plans: [...plans],
      by: personJson(person),
      sources: [...sources],
      comment,
    })),
    rules: facts.rules.map(({ name, origin, targets, problem }) => ({
      name,
      origin,
      targets: [...targets],
      problem: problem ?? null,
    })),
    configurationChanged: facts.configurationChanged,
    offline: facts.offline,
    ...(facts.applied === undefined ? {} : { beforeMerge: [...facts.applied.values()].map(standingInputs) }),
  };
}

function standingInputs({ target, lock, applied }: TargetStanding): JsonObject {
  return {
    target,
    lock: lock.kind === 'behind' ? { kind: lock.kind, ahead: [...lock.ahead] } : { kind: lock.kind },
    applied: applied === undefined ? null : appliedInputs(applied),
  };
}

function appliedInputs(applied: NonNullable<TargetStanding['applied']>): JsonObject {
  const { deployment, commit, head, phase, isDeployed } = applied;
  return {
    deployment,
    commit,
    head,
    phase: phase.kind,
    plan: 'plan' in phase ? (phase.plan ?? null) : null,
    isDeployed,
  };
}

function reviewInputs({ reviews, exclusions, permissions, shown }: ReviewFacts): JsonObject {
  return {
    reviews: reviews.map(({ id, reviewer, state, commit, submittedAtMs }) => ({
      id,
      by: reviewer === undefined ? null : personJson(reviewer),
      state,
      commit: commit ?? null,
      submittedAtMs,
    })),
    permissions: Object.fromEntries(permissions),
    contributors: {
      author: personJson(exclusions.author),
      authors: peopleJson(exclusions.authors),
      committers: peopleJson(exclusions.committers),
      coAuthors: peopleJson(exclusions.coAuthors),
      lastPusher: exclusions.lastPusher === undefined ? 'unknown' : personJson(exclusions.lastPusher),
    },
    shown: shown.map((run) => ({ head: run.head, atMs: run.shownAtMs, plans: [...run.plans] })),
  };
}

/** Every requirement, as it was explained to people. */
export function requirementsJson(requirements: readonly Requirement[]): Json {
  return requirements.map(({ name, status, reason, who, evidence, targets }) => ({
    name,
    status,
    reason,
    who: [...who],
    evidence: [...evidence],
    targets: [...targets],
  }));
}

export function personJson({ id, login, bot }: Person): JsonObject {
  return { id, login, ...(bot ? { bot } : {}) };
}

/** Each once: a pull request has many commits of few people. */
function peopleJson(people: readonly Person[]): Json {
  return [...new Map(people.map((person) => [person.id, personJson(person)])).values()];
}
