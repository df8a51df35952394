import { personJson } from '../domain/audit/gate-inputs.ts';
import type { CommandRefusal } from '../domain/command/refusal-text.ts';
import type { Environment } from '../domain/config/config.ts';
import { type ApprovalSource, sourceText } from '../domain/config/rule.ts';
import { shownBefore } from '../domain/gate/approvals.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import { approvalsWord, type Overridable, type Override, sourcesMet, unknownSources } from '../domain/gate/override.ts';
import { type CommitSha, type PlanDigest, type TargetName, targetParts } from '../domain/identity.ts';
import { maskCredentials } from '../domain/plan/mask-credentials.ts';
import type { CommandPlace } from './command-place.ts';
import { findStandings } from './find-standings.ts';
import { findConfiguration, listSource } from './find-targets.ts';
import { inspectPullRequest } from './inspect-pull-request.ts';
import { plansOf } from './plan-pull-request.ts';
import type { Comment } from './ports/github.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { hadShown, holdKey } from './report-hold.ts';

/** A condition of the gate, and the plans that it stands in the way of. */
interface Candidate {
  readonly of: Overridable;
  readonly allowed: readonly ApprovalSource[];
  readonly plans: readonly PlanDigest[];
}

/** What was shown when the comment was written: a target's plan, and the configuration that it is gated by. */
interface Shown {
  readonly plans: readonly { readonly target: TargetName; readonly digest: PlanDigest }[];
  readonly environments: ReadonlyMap<string, Environment>;
  /** Each with the targets that it speaks of; undefined: of any. */
  readonly rules: readonly (Pick<MatchedRule, 'name' | 'origin' | 'override'> &
    Partial<Pick<MatchedRule, 'targets'>>)[];
  /** What the head is compared with, and where the code owners stand when that is another commit. */
  readonly base: CommitSha | undefined;
  readonly owners?: CommitSha;
}

/**
 * Records that the conditions of this name are overridden for exactly the plans that were shown before the comment, as far as their configuration
 * names its author. The author of the pull request may be named like anybody. Idempotent for a comment.
 *
 * @returns why nothing was overridden; undefined when something was
 */
export async function overrideCondition(
  ports: PullRequestPorts,
  place: CommandPlace,
  said: { readonly comment: Comment; readonly rule: string; readonly reason: string },
): Promise<CommandRefusal | undefined> {
  const shown = await findShown(ports, place, said.comment);
  if ('kind' in shown) return shown;
  const all = candidatesIn(shown);
  const candidates = all.filter(({ of }) => wordOf(of) === said.rule);
  if (candidates.length === 0)
    return { kind: 'unknown-rule', rule: said.rule, known: [...new Set(all.map(({ of }) => wordOf(of)))] };
  const { author } = said.comment;
  const sources = candidates.flatMap(({ allowed }) => allowed);
  const permission = await ports.github.permission(place.pull.repository, author.login);
  const standings = await findStandings(ports, [place.pull], {
    people: [author],
    permissions: new Map([[author.login, permission]]),
    sources,
    base: shown.base,
    ...(shown.owners === undefined ? {} : { owners: shown.owners }),
  });
  const meant = candidates.map((candidate) => ({
    ...candidate,
    sources: sourcesMet(author, candidate.allowed, standings),
  }));
  const named = meant.filter((candidate) => candidate.sources.length > 0);
  if (named.length === 0)
    return {
      kind: 'not-named',
      rule: said.rule,
      who: [...new Set(sources.map(sourceText))],
      unknown: unknownSources(author, sources, standings),
    };
  for (const candidate of named)
    await record(ports, place, {
      allowed: candidate.allowed,
      override: {
        of: candidate.of,
        plans: candidate.plans,
        person: author,
        sources: candidate.sources,
        reason: maskCredentials(said.reason),
        comment: said.comment.id,
      },
    });
  return undefined;
}

async function record(
  ports: PullRequestPorts,
  { pull, target }: CommandPlace,
  at: { readonly override: Override; readonly allowed: readonly ApprovalSource[] },
): Promise<void> {
  const { override } = at;
  const { repository } = pull;
  await ports.store.transaction(async (records) => {
    if (!(await records.addOverride({ repository: repository.id, pull: pull.number, override }))) return;
    await records.audit({
      repository: repository.id,
      kind: 'override',
      subject: target ?? `#${pull.number}`,
      facts: {
        pull: pull.number,
        of: { ...override.of },
        plans: [...override.plans],
        by: personJson(override.person),
        allowed: at.allowed.map(sourceText),
        met: [...override.sources],
        reason: override.reason,
        comment: override.comment,
      },
    });
    if (pull.merge === undefined) return;
    for (const deployment of await ports.store.deploymentsOfMerge(repository.id, pull.number))
      if (target === undefined || deployment.target === target)
        await records.requestJob({
          job: {
            kind: 'target',
            installation: repository.installation,
            repository: repository.id,
            target: deployment.target,
          },
        });
  });
}

function wordOf(of: Overridable): string {
  return of.kind === 'rule' ? of.name : approvalsWord;
}

function candidatesIn(shown: Shown): readonly Candidate[] {
  return [...approvalCandidates(shown), ...ruleCandidates(shown)];
}

function ruleCandidates({ plans, rules }: Shown): readonly Candidate[] {
  return rules.map(({ name, origin, override, targets }) => ({
    of: { kind: 'rule', name, origin },
    allowed: override,
    plans: plans.filter(({ target }) => targets?.includes(target) !== false).map(({ digest }) => digest),
  }));
}

function approvalCandidates({ plans, environments }: Shown): readonly Candidate[] {
  const names = new Set(plans.map(({ target }) => targetParts(target).environment));
  return [...names].flatMap((name): readonly Candidate[] => {
    const environment = environments.get(name);
    if (environment === undefined || environment.approvals === 0) return [];
    return [
      {
        of: { kind: 'approvals', environment: name },
        allowed: environment.override ?? [],
        plans: plans.filter(({ target }) => targetParts(target).environment === name).map(({ digest }) => digest),
      },
    ];
  });
}

async function findShown(
  ports: PullRequestPorts,
  place: CommandPlace,
  comment: Comment,
): Promise<Shown | CommandRefusal> {
  const { pull } = place;
  if (pull.merge !== undefined) return shownOnHolds(ports, place, comment);
  if (pull.state === 'closed') return { kind: 'closed-unmerged', command: 'override' };
  const runs = (await ports.store.planRuns(pull.repository.id, pull.number)).flatMap((run) =>
    run.shownAtMs === undefined ? [] : [{ ...run, shownAtMs: run.shownAtMs }],
  );
  const shown = shownBefore(pull.head.sha, comment.createdAtMs, runs);
  const run = runs.find((candidate) => candidate === shown);
  if (run === undefined) return { kind: 'nothing-shown', command: 'override' };
  const { environments, base } = await inspectPullRequest(ports, pull);
  return {
    plans: plansOf(run).filter(({ effects }) => effects.length > 0),
    environments,
    rules: run.outcome.kind === 'planned' ? (run.outcome.rules ?? []) : [],
    base,
  };
}

/** Every hold shows one plan in its issue; a merge is gated by its own configuration. */
async function shownOnHolds(
  ports: PullRequestPorts,
  { pull, target }: CommandPlace,
  comment: Comment,
): Promise<Shown | CommandRefusal> {
  const { repository } = pull;
  const deployments = (await ports.store.deploymentsOfMerge(repository.id, pull.number)).filter(
    (deployment) => target === undefined || deployment.target === target,
  );
  const plans: { readonly target: TargetName; readonly digest: PlanDigest }[] = [];
  for (const deployment of deployments) {
    const { phase } = deployment;
    if (phase.kind !== 'held' || phase.plan === undefined) continue;
    const issue = await ports.store.reported(repository.id, holdKey(deployment.target));
    if (!hadShown(issue, { plan: phase.plan, beforeMs: comment.createdAtMs }))
      return { kind: 'plan-moved', command: 'override', target: deployment.target };
    plans.push({ target: deployment.target, digest: phase.plan });
  }
  const [first] = deployments;
  if (first === undefined || plans.length === 0)
    return { kind: 'nothing-held', targets: deployments.map((deployment) => deployment.target) };
  if (!(await ports.checkout.fetchCommit(repository, first.commit)))
    return {
      kind: 'fault',
      command: 'override',
      what: `GitHub does not have the merge commit ${first.commit} any more`,
    };
  const tree = await listSource(ports.checkout, repository, first.commit);
  const found = await findConfiguration(ports, repository, tree);
  const runs = await ports.store.planRuns(repository.id, pull.number);
  return {
    plans,
    environments: found.kind === 'configured' ? found.configuration.environments : new Map(),
    rules: found.kind === 'configured' ? found.configuration.rules : [],
    base: runs.findLast((run) => run.head === pull.head.sha)?.base,
    owners: (await ports.checkout.fetchBranch(repository, pull.base.ref)).tip,
  };
}
