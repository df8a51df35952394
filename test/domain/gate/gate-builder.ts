import fc from 'fast-check';
import type { Environment } from '../../../src/domain/config/config.ts';
import { type ApprovalSource, sourceText } from '../../../src/domain/config/rule.ts';
import type { ReviewFacts } from '../../../src/domain/gate/approvals.ts';
import type { TargetStanding } from '../../../src/domain/gate/before-merge.ts';
import type { GateFacts } from '../../../src/domain/gate/decide-gate.ts';
import type { MatchedRule } from '../../../src/domain/gate/matched-rule.ts';
import type { Override } from '../../../src/domain/gate/override.ts';
import type { Permission, Person, Review } from '../../../src/domain/gate/people.ts';
import type { OwnedFile } from '../../../src/domain/gate/standing.ts';
import { clusterUid, pullNumber } from '../../../src/domain/identity.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import { base, deletedClaim, digest, effect, head, json, person, plan, problem } from '../plan-builder.ts';
import { atSecond, exclusions, review, shown } from './review-builder.ts';
import { matchedRule, platform, sre, standings } from './rule-builder.ts';

/** Everything that the gate of a pull request, or of a merge group, can depend on: `gateFacts` makes it what is looked up. */
export interface Situation {
  readonly plans: readonly Plan[];
  readonly environments: Readonly<Record<'production' | 'staging', Environment>>;
  /** A pull request each; of several, every one showed some of the plans. */
  readonly pulls: readonly PullFacts[];
  readonly permissions: Readonly<Record<string, Permission>>;
  /** Who is one of whom a source names, by the source's text. */
  readonly members: Readonly<Record<string, readonly Person[]>>;
  readonly files: readonly OwnedFile[];
  readonly rules: readonly MatchedRule[];
  readonly overrides: readonly Override[];
  /** People who approved everything in a merge that is not deployed yet. */
  readonly pending: readonly Person[];
  readonly applied: readonly TargetStanding[] | undefined;
  readonly configurationChanged: boolean;
  readonly offline: boolean;
}

export interface PullFacts {
  readonly reviews: readonly Review[];
  /** The pusher of whom GitHub does not say who it is. */
  readonly lastPusher: Person | undefined;
  /** Of the plans, those that its head showed. */
  readonly shows: readonly Plan[];
}

/** The merge base of the tests showed something else. */
const otherPlan = digest('ffff');
const roles: readonly ApprovalSource[] = [
  { kind: 'role', role: 'admin' },
  { kind: 'user', login: 'ann' },
];
export const codeowners: ApprovalSource = { kind: 'codeowners' };
export const town: readonly Person[] = ['ann', 'ben', 'cat', 'dan'].map((login) => person(login));

export function gateFacts(of: Situation): GateFacts {
  return {
    head,
    plans: of.plans.map((one) => ({
      plan: one,
      environment: one.target.endsWith('@staging') ? of.environments.staging : of.environments.production,
    })),
    reviews: of.pulls.map(
      (pull): ReviewFacts => ({
        reviews: pull.reviews,
        shown: [
          shown({ plans: pull.shows.map((one) => one.digest), configuration: 'as shown' }),
          shown({ head: base, plans: [otherPlan] }),
        ],
        exclusions: exclusions({ lastPusher: pull.lastPusher }),
        permissions: new Map(Object.entries(of.permissions)),
      }),
    ),
    pendingWork: [],
    shownEffects: new Map(of.plans.map((one) => [one.digest, one.effects])),
    pendingApprovals: new Map(
      of.plans.map((one) => [
        one.target,
        of.pending.map(({ id, login }) => ({
          personId: id,
          effects: one.effects,
          sources: Object.entries(of.members)
            .filter(([, people]) => people.some((member) => member.login === login))
            .map(([source]) => source),
        })),
      ]),
    ),
    configurationChanged: of.configurationChanged,
    ...(of.configurationChanged ? { configuration: 'as shown' } : {}),
    offline: of.offline,
    overrides: of.overrides,
    rules: of.rules,
    standings: standings({ sources: of.members, files: of.files }),
    ...(of.applied === undefined ? {} : { applied: new Map(of.applied.map((one) => [one.target, one])) }),
  };
}

const names = ['web@production', 'web@staging', 'api@production'];
const wholePlan = (name: string, at: number): Plan => {
  const { target } = plan({ name });
  return plan({
    name,
    digest: digest(`a${at}`),
    effects: [effect({ target, after: json(at + 3) }), effect({ target, path: 'spec.paused', after: json(true) })],
  });
};
const anyPlan = (name: string, at: number) =>
  fc
    .constantFrom<Partial<Plan>>(
      {},
      {},
      {},
      { effects: [] },
      { problems: [problem('bad')] },
      { changes: [deletedClaim('data')], owned: 1, rendered: 0 },
      { leaves: { uid: clusterUid('old'), name: 'old' } },
    )
    .map((more): Plan => ({ ...wholePlan(name, at), ...more }));
const anyPlans = fc
  .tuple(...names.map((name, at) => fc.option(anyPlan(name, at), { nil: undefined, freq: 2 })))
  .map((plans) => plans.filter((one) => one !== undefined));
const subset = <Item>(items: readonly Item[], constraints = {}) => fc.subarray([...items], constraints);

const anyReview = fc
  .record({
    who: fc.constantFrom(...town),
    state: fc.constantFrom<Review['state']>('approved', 'approved', 'approved', 'changes_requested', 'dismissed'),
    commit: fc.constantFrom(head, head, base, undefined),
    second: fc.integer({ min: 4, max: 20 }),
  })
  .map(({ who, state, commit, second }) => review(who, { state, commit, submittedAtMs: atSecond(second) }));

const anyEnvironment = (name: string) =>
  fc
    .record({ approvals: fc.integer({ min: 0, max: 3 }), override: subset(roles) })
    .map((more): Environment => ({ name, cluster: name, after: [], ...more }));

/** A rule speaks of what some of the plans change: of one that changes nothing it cannot. */
export function anyRule(plans: readonly Plan[], sources: readonly ApprovalSource[]): fc.Arbitrary<MatchedRule> {
  return fc
    .record({
      name: fc.constantFrom('first', 'second', 'third', 'fourth'),
      origin: fc.constantFrom<MatchedRule['origin']>('repository', 'organization', 'server'),
      outcome: fc.oneof(
        fc.record({ kind: fc.constant('deny' as const), reason: fc.constant('no') }),
        fc.record({
          kind: fc.constant('require' as const),
          count: fc.integer({ min: 1, max: 3 }),
          from: subset(sources, { minLength: 1 }),
        }),
        fc.record({
          kind: fc.constant('require' as const),
          count: fc.constant(1),
          from: subset(sources, { minLength: 1 }),
        }),
      ),
      override: subset([platform, ...roles]),
      problem: fc.option(fc.constant('it cannot be decided for Pod web/a'), { nil: undefined, freq: 6 }),
      targets: subset(
        plans.map(({ target }) => target),
        { minLength: 1 },
      ),
    })
    .map(({ problem: undecided, ...rule }) =>
      matchedRule({ ...rule, ...(undecided === undefined ? {} : { problem: undecided }) }),
    );
}

function anyOverride(plans: readonly Plan[], rules: readonly MatchedRule[]): fc.Arbitrary<Override> {
  const approvals = ['production', 'staging'].map((environment) => ({ kind: 'approvals', environment }) as const);
  const ofRules = rules.map(({ name, origin }) => ({ kind: 'rule', name, origin }) as const);
  return fc.record({
    of: fc.constantFrom(...approvals, ...ofRules),
    plans: subset(plans.map((one) => one.digest)),
    person: fc.constantFrom(...town),
    sources: fc.constant([]),
    reason: fc.constant('because'),
    comment: fc.constant(1),
  });
}

function anyStanding({ target, digest: shownPlan }: Plan): fc.Arbitrary<TargetStanding> {
  const lock = fc.constantFrom<TargetStanding['lock']>(
    { kind: 'free' },
    { kind: 'held' },
    { kind: 'behind', ahead: [pullNumber(7), pullNumber(9)] },
  );
  const applied = fc.record({
    deployment: fc.constant(1),
    commit: fc.constant(base),
    head: fc.constantFrom(head, head, base),
    phase: fc.constantFrom(
      { kind: 'succeeded', plan: shownPlan, written: 1 } as const,
      { kind: 'queued' } as const,
      { kind: 'failed', reason: 'crash', plan: undefined } as const,
    ),
    isDeployed: fc.boolean(),
  });
  return fc
    .record({ lock, applied: fc.option(applied, { nil: undefined }) })
    .map(({ applied: newest, ...more }) => ({ target, ...more, ...(newest === undefined ? {} : { applied: newest }) }));
}

export function changing(plans: readonly Plan[]): readonly Plan[] {
  return plans.filter(({ effects }) => effects.length > 0);
}

/** In a merge group a rule that asks for code owners would have to know whose files are whose; `sources` leaves them out there. */
export function sourcesFor(pulls: readonly unknown[]): readonly ApprovalSource[] {
  return [sre, platform, ...roles, ...(pulls.length === 1 ? [codeowners] : [])];
}

/** Any of them, many of which are open. */
export const anySituation: fc.Arbitrary<Situation> = fc
  .record({ plans: anyPlans, pullCount: fc.constantFrom(1, 1, 2, 3) })
  .chain(({ plans, pullCount }) =>
    fc
      .tuple(
        ...Array.from({ length: pullCount }, (_, at) =>
          fc.record({
            reviews: fc.array(anyReview, { maxLength: 4 }),
            lastPusher: fc.option(fc.constant(person('author')), { nil: undefined, freq: 8 }),
            shows: fc.constant(plans.filter((_one, index) => index % pullCount === at)),
          }),
        ),
      )
      .chain((pulls) =>
        (changing(plans).length === 0
          ? fc.constant([])
          : fc.array(anyRule(changing(plans), sourcesFor(pulls)), { maxLength: 3 })
        )
          .map((rules) => rules.map((rule, at): MatchedRule => ({ ...rule, name: `${rule.name} ${at}` })))
          .chain((rules) =>
            fc.record({
              plans: fc.constant(plans),
              pulls: fc.constant(pulls),
              rules: fc.constant(rules),
              environments: fc.record({ production: anyEnvironment('production'), staging: anyEnvironment('staging') }),
              permissions: fc.dictionary(
                fc.constantFrom(...town.map(({ login }) => login)),
                fc.constantFrom<Permission>('read', 'write', 'write', 'maintain'),
                { noNullPrototype: true },
              ),
              members: fc
                .tuple(...sourcesFor(pulls).map(() => subset(town)))
                .map((people) =>
                  Object.fromEntries(sourcesFor(pulls).map((source, at) => [sourceText(source), people[at] ?? []])),
                ),
              files: fc.array(subset(town), { maxLength: 2 }).map((owners) =>
                owners.map(
                  (people, at): OwnedFile => ({
                    path: `f${at}.yaml`,
                    owners: ['@acme/web'],
                    people: new Set(people.map(({ id }) => id)),
                  }),
                ),
              ),
              overrides: fc.array(anyOverride(plans, rules), { maxLength: 3 }),
              pending: subset(town, { maxLength: 2 }),
              applied: fc.option(fc.tuple(...plans.map(anyStanding)), { nil: undefined, freq: 2 }),
              configurationChanged: fc.boolean(),
              offline: fc.oneof({ arbitrary: fc.constant(false), weight: 4 }, fc.constant(true)),
            }),
          ),
      ),
  );
