import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../../src/domain/config/config.ts';
import type { Approval } from '../../../src/domain/gate/coverage.ts';
import { decideGate, type GateFacts } from '../../../src/domain/gate/decide-gate.ts';
import { decisionOf, type GateDecision, type Requirement } from '../../../src/domain/gate/decision.ts';
import type { Permission, Review } from '../../../src/domain/gate/people.ts';
import { removalsOf } from '../../../src/domain/gate/removals.ts';
import { clusterUid, type PlanDigest, parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import type { Effect } from '../../../src/domain/plan/effect.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import {
  base,
  change,
  deletedClaim,
  digest,
  effect,
  head,
  json,
  person,
  plan,
  problem,
  requirement,
} from '../plan-builder.ts';
import { atSecond, author, exclusions, kim, review, reviewFacts, robin, shown, shownDigest } from './review-builder.ts';
import { matchedRule, nobodySpecial, standings } from './rule-builder.ts';

const production: Environment = { name: 'production', cluster: 'production', approvals: 1, after: [] };
const effects: readonly Effect[] = [effect()];
const current = plan({ digest: shownDigest, effects });

interface Situation {
  readonly reviews?: readonly Review[];
  readonly permissions?: Record<string, Permission>;
  readonly plans?: readonly Plan[];
  readonly environment?: Partial<Environment>;
  readonly shownEffects?: readonly (readonly [PlanDigest, readonly Effect[]])[];
  readonly facts?: Partial<GateFacts>;
  readonly lastPusher?: 'unknown';
}

function decide(situation: Situation = {}): GateDecision {
  const { reviews = [], plans = [current], environment = {}, permissions } = situation;
  return decideGate({
    head,
    plans: plans.map((one) => ({ plan: one, environment: { ...production, ...environment } })),
    reviews: [
      reviewFacts(reviews, {
        ...(permissions === undefined ? {} : { permissions: new Map(Object.entries(permissions)) }),
        exclusions: exclusions(situation.lastPusher === 'unknown' ? { lastPusher: undefined } : {}),
        shown: [shown({ configuration: 'new' }), shown({ head: base, plans: [digest('bbbb')], configuration: 'old' })],
      }),
    ],
    pendingWork: [],
    shownEffects: new Map(situation.shownEffects ?? [[shownDigest, effects]]),
    pendingApprovals: new Map(),
    configurationChanged: false,
    offline: false,
    rules: [],
    standings: standings({ sources: { 'role:admin': [person('olga')] } }),
    ...situation.facts,
  });
}

function named(decision: GateDecision, name: string): Requirement {
  const found = decision.requirements.find((candidate) => candidate.name === name);
  if (found === undefined)
    throw new Error(`no requirement ${name} among ${decision.requirements.map((one) => one.name).join(', ')}`);
  return found;
}

describe('the gate of a pull request', () => {
  test('opens with the approval that the environment asks for', () => {
    const decision = decide({ reviews: [review(kim)] });
    expect(decision.status).toBe('open');
    expect(named(decision, 'approvals of production')).toMatchObject({
      status: 'met',
      evidence: ['kim approved these effects'],
    });
  });

  test('waits without one, and says who could give it', () => {
    const decision = decide();
    expect(decision.status).toBe('waiting');
    expect(named(decision, 'approvals of production')).toMatchObject({
      status: 'unmet',
      reason: 'needs 1 approval of the effects shown for web@production',
      who: ['anyone with write access who is neither author, committer, co-author nor last pusher'],
      evidence: [],
      targets: ['web@production'],
    });
  });

  test('counts people where several are needed', () => {
    const two = { environment: { approvals: 2 } };
    expect(decide({ ...two, reviews: [review(kim)] }).status).toBe('waiting');
    expect(decide({ ...two, reviews: [review(kim), review(kim, { submittedAtMs: atSecond(11) })] }).status).toBe(
      'waiting',
    );
    expect(decide({ ...two, reviews: [review(kim), review(robin)] }).status).toBe('open');
    expect(named(decide(two), 'approvals of production').reason).toContain('2 approvals');
  });

  test('asks nobody where nothing changes', () => {
    const decision = decide({ plans: [plan({ effects: [] })] });
    expect(decision).toMatchObject({ status: 'open', requirements: [{ name: 'plan is current', status: 'met' }] });
  });

  test('asks nobody where the environment asks for no approval', () => {
    expect(decide({ environment: { approvals: 0 } })).toMatchObject({ status: 'open' });
  });

  test('asks for each environment by itself', () => {
    const staging = plan({
      name: 'web@staging',
      digest: digest('cccc'),
      effects: [effect({ target: parseTargetName('web@staging') })],
    });
    const decision = decideGate({
      head,
      plans: [
        { plan: current, environment: production },
        { plan: staging, environment: { ...production, name: 'staging', approvals: 0 } },
      ],
      reviews: [reviewFacts([])],
      pendingWork: [],
      shownEffects: new Map(),
      pendingApprovals: new Map(),
      configurationChanged: false,
      offline: false,
      rules: [],
      standings: nobodySpecial,
    });
    expect(decision.requirements.map(({ name, status }) => [name, status])).toEqual([
      ['plan is current', 'met'],
      ['approvals of production', 'unmet'],
      ['approvals of staging', 'met'],
    ]);
  });

  test('takes an approval for the environment whose effects were shown, and for no other', () => {
    const staging = plan({
      name: 'web@staging',
      digest: digest('cccc'),
      effects: [effect({ target: parseTargetName('web@staging') })],
    });
    const decision = decideGate({
      head,
      plans: [
        { plan: current, environment: production },
        { plan: staging, environment: { ...production, name: 'staging' } },
      ],
      reviews: [reviewFacts([review(kim)])],
      pendingWork: [],
      shownEffects: new Map([[shownDigest, effects]]),
      pendingApprovals: new Map(),
      configurationChanged: false,
      offline: false,
      rules: [],
      standings: nobodySpecial,
    });
    expect(named(decision, 'approvals of production')).toMatchObject({ status: 'met', targets: ['web@production'] });
    expect(named(decision, 'approvals of staging')).toMatchObject({ status: 'unmet', targets: ['web@staging'] });
  });

  test('names only the targets whose effects lack approval', () => {
    const api = plan({
      name: 'api@production',
      digest: digest('cccc'),
      effects: [effect({ target: parseTargetName('api@production') })],
    });
    const decision = decide({ plans: [current, api], reviews: [review(kim)] });
    expect(named(decision, 'approvals of production')).toMatchObject({ status: 'unmet', targets: ['api@production'] });
    expect(named(decision, 'approvals of production').evidence).toEqual([
      'kim approved other effects of api@production: the plan has changed since; approve again',
    ]);
  });
});

describe('an approval', () => {
  test('for an older commit counts while the effects are the same', () => {
    const decision = decide({ reviews: [review(kim, { commit: base })], shownEffects: [[digest('bbbb'), effects]] });
    expect(decision.status).toBe('open');
    expect(named(decision, 'approvals of production').evidence).toEqual([
      `kim approved these effects (given for ${base.slice(0, 7)})`,
    ]);
  });

  test('for an older commit whose effects differ is asked for again', () => {
    const decision = decide({
      reviews: [review(kim, { commit: base })],
      shownEffects: [[digest('bbbb'), [effect({ after: json(9) })]]],
    });
    expect(decision.status).toBe('waiting');
    expect(named(decision, 'approvals of production').evidence).toEqual([
      `kim approved other effects of web@production (given for ${base.slice(0, 7)}): the plan has changed since; approve again`,
    ]);
  });

  test('whose plan is no longer known binds to nothing', () => {
    expect(decide({ reviews: [review(kim)], shownEffects: [] }).status).toBe('waiting');
  });

  test('that does not count is told with its reason', () => {
    const decision = decide({
      reviews: [review(author), review(kim), review(robin)],
      permissions: { author: 'admin', kim: 'read' },
    });
    expect(decision.status).toBe('waiting');
    expect(named(decision, 'approvals of production').evidence).toEqual([
      "author's approval does not count: opened this pull request",
      "kim's approval does not count: has no write access (read)",
      "robin's approval does not count: GitHub does not say what this person may do here",
    ]);
  });

  test('of a merged, not yet deployed pull request covers what is pending, and nothing else', () => {
    const pending = effect({ before: json(1), after: json(2) });
    const both = plan({ digest: shownDigest, effects: [pending, effect()] });
    const recorded: readonly Approval[] = [{ personId: robin.id, effects: [pending] }];
    const facts = { pendingApprovals: new Map([[both.target, recorded]]) };
    expect(decide({ plans: [both], facts }).status).toBe('waiting');
    expect(
      decide({ plans: [both], facts, reviews: [review(kim)], shownEffects: [[shownDigest, [effect()]]] }).status,
    ).toBe('open');
    expect(decide({ plans: [both], reviews: [review(kim)], shownEffects: [[shownDigest, [effect()]]] }).status).toBe(
      'waiting',
    );
  });

  test('must be of every step that is shown, also of drift', () => {
    const drift = effect({ path: 'spec.paused', before: json(true), after: json(false) });
    expect(decide({ plans: [plan({ effects: [drift, effect()] })], reviews: [review(kim)] }).status).toBe('waiting');
  });
});

describe('the gate stays shut', () => {
  test('while a plan has errors or is incomplete, whoever approved', () => {
    for (const broken of [plan({ ...current, problems: [problem('bad')] }), plan({ ...current, complete: false })]) {
      const decision = decide({ plans: [broken], reviews: [review(kim)] });
      expect(decision.status).toBe('blocked');
      expect(named(decision, 'plan is current')).toMatchObject({ status: 'failed', targets: ['web@production'] });
    }
  });

  test('while there is no current plan', () => {
    const decision = decide({
      plans: [],
      facts: { planProblem: 'the head conflicts with the base in apps/web/a.yaml' },
    });
    expect(decision.status).toBe('blocked');
    expect(named(decision, 'plan is current').reason).toContain('apps/web/a.yaml');
  });

  test('while somebody asks for changes', () => {
    const decision = decide({ reviews: [review(kim), review(robin, { state: 'changes_requested' })] });
    expect(decision.status).toBe('blocked');
    expect(named(decision, 'no changes requested')).toMatchObject({
      status: 'failed',
      reason: 'robin asked for changes',
      who: ['robin'],
    });
  });

  test('while nobody knows who pushed last, where people are asked', () => {
    const reviews = [review(kim)];
    expect(decide({ reviews, lastPusher: 'unknown' }).status).toBe('blocked');
    expect(named(decide({ reviews, lastPusher: 'unknown' }), 'last pusher is known').reason).toContain(
      'who pushed this head',
    );
    expect(decide({ reviews, lastPusher: 'unknown', environment: { approvals: 0 } }).status).toBe('open');
    expect(decide({ lastPusher: 'unknown', plans: [plan({ effects: [] })] }).status).toBe('open');
    expect(decide({ lastPusher: 'unknown', plans: [], facts: { configurationChanged: true } }).status).toBe('blocked');
    const some = [plan({ effects: [] }), current];
    expect(decide({ reviews, plans: some, lastPusher: 'unknown' }).status).toBe('blocked');
  });

  test('for an unknown pusher where a rule asks for people, unless it is overridden, and not where it only denies', () => {
    const olga = person('olga');
    const rule = matchedRule({ override: [{ kind: 'role', role: 'admin' }] });
    const of = { kind: 'rule', name: rule.name, origin: rule.origin } as const;
    const override = { of, plans: [shownDigest], person: olga, sources: [], reason: 'so', comment: 1 };
    const asks = (facts: Partial<GateFacts>) =>
      decide({ lastPusher: 'unknown', environment: { approvals: 0 }, facts }).requirements.some(
        ({ name }) => name === 'last pusher is known',
      );
    expect(asks({ rules: [rule] })).toBe(true);
    expect(asks({ rules: [rule], overrides: [override] })).toBe(false);
    expect(asks({ rules: [{ ...rule, outcome: { kind: 'deny', reason: 'no' } }] })).toBe(false);
  });

  test('and each requirement is told in full', () => {
    const api = plan({ ...current, name: 'api@production', target: parseTargetName('api@production') });
    const broken = [current, api].map((one) => ({ ...one, complete: false }));
    const asked = [kim, robin].map((one) => review(one, { state: 'changes_requested' }));
    const { requirements } = decide({ plans: broken, reviews: asked, lastPusher: 'unknown', facts: { offline: true } });
    const plain = { evidence: [], targets: [] };
    expect(requirements).toEqual([
      {
        name: 'plan is current',
        status: 'failed',
        reason: 'the plan of web@production, api@production has errors or is incomplete; see planwright/plan',
        who: [],
        evidence: [],
        targets: ['web@production', 'api@production'],
      },
      {
        name: 'no changes requested',
        status: 'failed',
        reason: 'kim, robin asked for changes',
        who: ['kim', 'robin'],
        ...plain,
      },
      {
        name: 'last pusher is known',
        status: 'failed',
        reason: expect.stringContaining('who pushed this head'),
        who: [],
        ...plain,
      },
      {
        name: 'planned live for this SHA',
        status: 'unmet',
        reason: `this head comes from a fork and was checked without a cluster; read ${head.slice(0, 7)} and say /plan`,
        who: ['anyone with write access'],
        ...plain,
      },
      {
        name: 'approvals of production',
        status: 'unmet',
        reason: 'needs 1 approval of the effects shown for web@production, api@production',
        who: ['anyone with write access who is neither author, committer, co-author nor last pusher'],
        evidence: [],
        targets: ['web@production', 'api@production'],
      },
    ]);
    expect(decide({ environment: { approvals: 0 } }).requirements).toEqual([
      {
        name: 'plan is current',
        status: 'met',
        reason: `planned for ${head.slice(0, 7)} merged into the base`,
        who: [],
        ...plain,
      },
      {
        name: 'approvals of production',
        status: 'met',
        reason: 'this environment asks for no approval',
        who: [],
        evidence: [],
        targets: ['web@production'],
      },
    ]);
  });

  test("while a fork's head was not planned live", () => {
    const decision = decide({ plans: [plan({ effects: [] })], facts: { offline: true } });
    expect(decision.status).toBe('waiting');
    expect(named(decision, 'planned live for this SHA')).toMatchObject({
      status: 'unmet',
      who: ['anyone with write access'],
      reason: expect.stringContaining(head.slice(0, 7)),
    });
  });
});

describe('before the merge', () => {
  test('what was approved waits for being applied, and is open once it was', () => {
    const { target } = current;
    const unapplied = { target, lock: { kind: 'free' } } as const;
    const waiting = decide({ reviews: [review(kim)], facts: { applied: new Map([[target, unapplied]]) } });
    expect(waiting.status).toBe('waiting');
    expect(named(waiting, 'applied').status).toBe('unmet');
    const phase = { kind: 'succeeded', plan: shownDigest, written: 1 } as const;
    const applied = {
      target,
      lock: { kind: 'held' },
      applied: { deployment: 1, commit: base, head, phase, isDeployed: true },
    } as const;
    const facts = { applied: new Map([[target, applied]]) };
    expect(decide({ reviews: [review(kim)], facts }).status).toBe('open');
    // Having been applied replaces no approval.
    expect(decide({ facts }).status).toBe('waiting');
  });
});

describe('what somebody brought to the base branch with another pull request', () => {
  const work = { pull: pullNumber(7), target: current.target, contributors: new Set([kim.id]), steps: effects };

  test('is for others to approve, and the check says so', () => {
    const facts = { pendingWork: [work] };
    const own = decide({ facts, reviews: [review(kim)] });
    expect(named(own, 'approvals of production')).toMatchObject({
      status: 'unmet',
      evidence: [
        "kim put something into #7, which is merged and not deployed yet: what it brings to web@production is somebody else's to approve",
      ],
    });
    expect(decide({ facts, reviews: [review(kim), review(robin)] }).status).toBe('open');
    const elsewhere = { pendingWork: [{ ...work, target: parseTargetName('web@staging'), steps: [] }] };
    expect(decide({ facts: elsewhere, reviews: [review(kim)] }).status).toBe('open');
  });
});

describe('what needs a maintainer', () => {
  const removing = (deleted: number, owned: number, overrides: Partial<Plan> = {}) =>
    plan({
      digest: shownDigest,
      effects,
      changes: Array.from({ length: deleted }, (_, index) => deletedClaim(`data-${index}`)),
      owned,
      rendered: owned - deleted,
      ...overrides,
    });

  test.each<[number, number, Partial<Plan>, boolean]>([
    [3, 5, {}, true],
    [2, 4, {}, false],
    [1, 1, {}, true],
    [1, 4, { rendered: 0 }, true],
    [0, 4, { rendered: 0 }, false],
    [0, 0, { rendered: 0 }, false],
    [1, 4, {}, false],
  ])('deleting %i of %i with %j: %s', (deleted, owned, overrides, large) => {
    expect(removalsOf(removing(deleted, owned, overrides)).length > 0).toBe(large);
  });

  test('a large removal waits for one, who may be the one that the environment asks for', () => {
    const plans = [removing(3, 5)];
    const byWriter = decide({ plans, reviews: [review(kim)], permissions: { kim: 'write' } });
    expect(byWriter.status).toBe('waiting');
    expect(named(byWriter, 'large removal from web@production')).toMatchObject({
      status: 'unmet',
      reason: 'it deletes 3 of 5 objects: one approval by role:maintain is needed',
      who: ['role:maintain'],
      evidence: ['kim has write, not maintain'],
    });
    expect(decide({ plans, reviews: [review(kim)], permissions: { kim: 'maintain' } }).status).toBe('open');
    expect(decide({ plans, reviews: [review(kim)], permissions: { kim: 'admin' } }).status).toBe('open');
  });

  test.each<[Partial<Plan>, string]>([
    [{}, 'the render is empty: it deletes 3 of 3 objects: one approval by role:maintain is needed'],
    [{ kind: 'removal' }, 'it deletes 3 of 3 objects: one approval by role:maintain is needed'],
  ])('an empty render is called so, a target that was removed is not (%j)', (overrides, reason) => {
    const decision = decide({ plans: [removing(3, 3, overrides)] });
    expect(named(decision, 'large removal from web@production').reason).toBe(reason);
  });

  test('a large removal waits for one also where the environment asks for nobody', () => {
    expect(decide({ plans: [removing(3, 5)], environment: { approvals: 0 } }).status).toBe('waiting');
  });

  test("a large removal is approved by what was shown, not by another plan's approval", () => {
    const decision = decide({
      plans: [removing(3, 5)],
      reviews: [review(kim)],
      permissions: { kim: 'maintain' },
      shownEffects: [[shownDigest, [effect({ after: json(9) })]]],
    });
    expect(named(decision, 'large removal from web@production').status).toBe('unmet');
  });

  test.each<[Plan['leaves'], string, string]>([
    [
      { uid: clusterUid('old-uid'), name: 'old' },
      'web@production moves off old',
      'it goes to cluster production; what it deployed to old stays there, and Planwright lets go of it',
    ],
    [
      { uid: clusterUid('old-uid') },
      'web@production moves off its cluster',
      'it goes to cluster production; what it deployed to the cluster with the UID old-uid stays there, and Planwright lets go of it',
    ],
  ])('moving off a cluster waits for one: %j', (leaves, name, what) => {
    const plans = [
      plan({ digest: shownDigest, effects, kind: 'adoption', ...(leaves === undefined ? {} : { leaves }) }),
    ];
    const environment = { approvals: 0 };
    const byWriter = decide({ plans, environment, reviews: [review(kim)], permissions: { kim: 'write' } });
    expect(byWriter.status).toBe('waiting');
    expect(named(byWriter, name)).toMatchObject({
      status: 'unmet',
      reason: `${what}: one approval by role:maintain is needed`,
      who: ['role:maintain'],
    });
    const reviews = [review(kim)];
    expect(decide({ plans, environment, reviews, permissions: { kim: 'maintain' } }).status).toBe('open');
    expect(decide({ plans, environment }).status).toBe('waiting');
  });

  test('moving off a cluster waits for one also where nothing is left to do on the other', () => {
    const leaves = { uid: clusterUid('old-uid'), name: 'old' };
    const plans = [plan({ digest: shownDigest, effects: [], leaves })];
    expect(decide({ plans, environment: { approvals: 0 } }).status).toBe('waiting');
    const reviews = [review(kim)];
    expect(decide({ plans, reviews, permissions: { kim: 'maintain' }, shownEffects: [[shownDigest, []]] }).status).toBe(
      'open',
    );
  });

  test('a changed configuration waits for one who approved these very files', () => {
    const facts = { configurationChanged: true, configuration: 'new' };
    const permissions = { kim: 'maintain' as const, robin: 'write' as const };
    expect(decide({ plans: [], facts }).status).toBe('waiting');
    expect(decide({ plans: [], facts, reviews: [review(robin)], permissions }).status).toBe('waiting');
    expect(decide({ plans: [], facts, reviews: [review(kim, { commit: base })], permissions }).status).toBe('waiting');
    expect(
      decide({
        plans: [],
        facts: { ...facts, configuration: 'old' },
        reviews: [review(kim, { commit: base })],
        permissions,
      }).status,
    ).toBe('open');
    const stale = decide({ plans: [], facts, reviews: [review(kim, { commit: base })], permissions });
    expect(named(stale, 'configuration').evidence).toEqual([
      `kim (maintain) approved ${base.slice(0, 7)}, where this was another: approve again`,
    ]);
    const unnamed = { configurationChanged: true };
    expect(decide({ plans: [], facts: unnamed, reviews: [review(kim)], permissions }).status).toBe('waiting');
    const open = decide({ plans: [], facts, reviews: [review(kim)], permissions });
    expect(open.status).toBe('open');
    expect(named(open, 'configuration').evidence).toEqual([`kim (maintain) approved ${head.slice(0, 7)}`]);
    expect(named(decide({ plans: [], facts, reviews: [review(author)] }), 'configuration').evidence).toEqual([
      "author's approval does not count: opened this pull request",
    ]);
  });
});

describe('every decision', () => {
  const people = ['kim', 'robin', 'sasha', 'author']
    .map((login) => person(login))
    .concat(person('bot[bot]', { bot: true }));
  const anyReview = fc.record({
    who: fc.constantFrom(...people),
    state: fc.constantFrom<Review['state']>('approved', 'changes_requested', 'commented', 'dismissed'),
    commit: fc.constantFrom(head, base, undefined),
    second: fc.constantFrom(4, 5, 6, 20),
  });
  const situation = fc.record({
    reviews: fc
      .uniqueArray(anyReview, { selector: ({ who }) => who.id, maxLength: 5 })
      .map((list) =>
        list.map(({ who, state, commit, second }) => review(who, { state, commit, submittedAtMs: atSecond(second) })),
      ),
    permissions: fc.dictionary(
      fc.constantFrom(...people.map(({ login }) => login)),
      fc.constantFrom<Permission>('read', 'write', 'maintain'),
      { noNullPrototype: true },
    ),
    plans: fc.array(
      fc.constantFrom(
        current,
        plan({ effects: [] }),
        plan({ ...current, complete: false }),
        plan({ ...current, changes: [change(), deletedClaim('a')], owned: 1 }),
      ),
      { maxLength: 1 },
    ),
    environment: fc.record({ approvals: fc.integer({ min: 0, max: 2 }) }),
    shownEffects: fc.subarray([[shownDigest, effects] as const, [digest('bbbb'), effects] as const]),
    facts: fc.record({ configurationChanged: fc.boolean(), offline: fc.boolean() }),
    lastPusher: fc.constantFrom<'unknown' | undefined>('unknown', undefined),
  });
  const toSituation = ({
    lastPusher,
    ...rest
  }: typeof situation extends fc.Arbitrary<infer Value> ? Value : never): Situation => ({
    ...rest,
    ...(lastPusher === undefined ? {} : { lastPusher }),
  });

  test('explains itself: what is not met says why, and what can be met says by whom', () => {
    fc.assert(
      fc.property(situation, (any) => {
        const decision = decide(toSituation(any));
        expect(decision.requirements.length).toBeGreaterThan(0);
        for (const one of decision.requirements) {
          expect(one.reason).not.toBe('');
          if (one.status === 'unmet') expect(one.who).not.toEqual([]);
          if (one.status === 'met') expect(one.who).toEqual([]);
        }
        const shut = decision.requirements.filter((one) => one.status !== 'met');
        expect(decision.status === 'open').toBe(shut.length === 0);
      }),
      { numRuns: 500 },
    );
  });

  test('stays shut when an approval goes away', () => {
    fc.assert(
      fc.property(situation, fc.nat(), (any, index) => {
        const whole = toSituation(any);
        const approvals = whole.reviews?.filter((one) => one.state === 'approved') ?? [];
        fc.pre(approvals.length > 0);
        const gone = approvals[index % approvals.length];
        const less = decide({ ...whole, reviews: whole.reviews?.filter((one) => one !== gone) ?? [] });
        expect(less.status !== 'open' || decide(whole).status === 'open').toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

test('a decision is blocked by what failed before it waits for what is unmet', () => {
  expect(decisionOf([]).status).toBe('open');
  expect(decisionOf([requirement(), requirement({ status: 'unmet' })]).status).toBe('waiting');
  expect(decisionOf([requirement({ status: 'unmet' }), requirement({ status: 'failed' })]).status).toBe('blocked');
});

describe('an override of approvals', () => {
  const olga = person('olga');
  const override = {
    of: { kind: 'approvals', environment: 'production' },
    plans: [shownDigest],
    person: olga,
    sources: ['role:admin'],
    reason: 'production is down',
    comment: 1,
  } as const;
  const environment: Partial<Environment> = { approvals: 2, override: [{ kind: 'role', role: 'admin' }] };

  test('meets what the environment asks for, and says who and why', () => {
    const decision = decide({ environment, facts: { overrides: [override] } });
    expect(decision.status).toBe('open');
    expect(named(decision, 'approvals of production')).toMatchObject({
      status: 'met',
      reason: 'overridden by olga: production is down',
    });
  });

  test('of another plan is told and meets nothing', () => {
    const decision = decide({ environment, facts: { overrides: [{ ...override, plans: [digest('eeee')] }] } });
    expect(named(decision, 'approvals of production')).toMatchObject({
      status: 'unmet',
      evidence: ["olga's override does not count: the plan has changed since"],
    });
  });

  test('asks for no last pusher, because it asks nobody whose pushes matter', () => {
    expect(decide({ environment, lastPusher: 'unknown' }).status).toBe('blocked');
    expect(decide({ environment, lastPusher: 'unknown', facts: { overrides: [override] } }).status).toBe('open');
  });

  test('leaves everything else as it is: a failing plan, changes requested, a large removal, the configuration', () => {
    const facts = { overrides: [override] };
    const failing = { ...current, problems: [problem('the API server refuses it')] };
    expect(decide({ environment, facts, plans: [failing] }).status).toBe('blocked');
    expect(decide({ environment, facts, reviews: [review(kim, { state: 'changes_requested' })] }).status).toBe(
      'blocked',
    );
    const removal = { ...current, owned: 1, changes: [deletedClaim('shop/data')] };
    expect(named(decide({ environment, facts, plans: [removal] }), 'large removal from web@production').status).toBe(
      'unmet',
    );
    expect(decide({ environment, facts: { ...facts, configurationChanged: true } }).status).toBe('waiting');
  });
});

describe('the gate of a merge group', () => {
  const api = plan({
    name: 'api@production',
    digest: digest('dddd'),
    effects: [effect({ target: parseTargetName('api@production') })],
  });
  const web = reviewFacts([review(kim)]);
  const apiHead = base;
  const ofApi = (reviews: readonly Review[], lastPusher?: 'unknown') =>
    reviewFacts(reviews, {
      shown: [shown({ head: apiHead, plans: [api.digest] })],
      exclusions: exclusions({ author: kim, authors: [kim], lastPusher: lastPusher === 'unknown' ? undefined : kim }),
    });
  const group = (reviews: GateFacts['reviews'], facts: Partial<GateFacts> = {}) =>
    decide({
      plans: [current, api],
      shownEffects: [
        [shownDigest, effects],
        [api.digest, api.effects],
      ],
      facts: { reviews, ...facts },
    });

  test('opens when each effect was approved in some pull request of it', () => {
    const decision = group([web, ofApi([review(robin, { commit: apiHead })])]);
    expect(decision.status).toBe('open');
    expect(named(decision, 'approvals of production').evidence).toEqual([
      'kim approved these effects of web@production',
      `robin approved these effects of api@production (given for ${apiHead.slice(0, 7)})`,
    ]);
  });

  test('waits for what was approved in none, and asks nobody who was not shown it', () => {
    const decision = group([web, ofApi([])]);
    expect(named(decision, 'approvals of production')).toMatchObject({
      status: 'unmet',
      targets: ['api@production'],
      evidence: ['kim approved these effects of web@production'],
    });
  });

  test('says nothing of an approval where nothing was shown to that person', () => {
    const staging = plan({
      name: 'web@staging',
      digest: digest('eeee'),
      effects: [effect({ target: parseTargetName('web@staging') })],
    });
    const decision = group([web, ofApi([])], {
      plans: [
        { plan: current, environment: production },
        { plan: staging, environment: { ...production, name: 'staging' } },
      ],
    });
    expect(named(decision, 'approvals of production').evidence).toEqual(['kim approved these effects']);
    expect(named(decision, 'approvals of staging').evidence).toEqual([]);
  });

  test('does not count the approval of an author of one pull request for that one', () => {
    const decision = group([web, ofApi([review(kim, { commit: apiHead })])]);
    expect(decision.status).toBe('waiting');
    expect(named(decision, 'approvals of production').evidence).toContain(
      "kim's approval does not count: opened this pull request",
    );
  });

  test.each([
    [
      'changes asked for',
      ofApi([
        review(robin, { commit: apiHead }),
        review(kim, { state: 'approved' }),
        review(robin, { commit: apiHead, state: 'changes_requested', submittedAtMs: atSecond(20) }),
      ]),
      'no changes requested',
    ],
    ['an unknown pusher', ofApi([review(robin, { commit: apiHead })], 'unknown'), 'last pusher is known'],
  ])('is blocked as a whole by %s in one of them', (_what, reviews, requirementName) => {
    const decision = group([web, reviews]);
    expect(decision.status).toBe('blocked');
    expect(named(decision, requirementName).status).toBe('failed');
  });

  test('takes a maintainer of any of them for a large removal and for the configuration', () => {
    const maintained = reviewFacts([review(kim)], {
      permissions: new Map([['kim', 'maintain']]),
      shown: [shown({ configuration: 'new' })],
    });
    const changed = { configurationChanged: true, configuration: 'new' };
    expect(named(group([web, ofApi([])], changed), 'configuration').status).toBe('unmet');
    expect(named(group([ofApi([]), maintained], changed), 'configuration').status).toBe('met');
  });

  test('never opens by taking an approval away', () => {
    fc.assert(
      fc.property(fc.subarray([0, 1, 2]), fc.subarray([0, 1, 2]), (some, others) => {
        const reviewers = [kim, robin, person('sam')];
        const all = (numbers: readonly number[]) =>
          group([
            reviewFacts(numbers.flatMap((index) => (reviewers[index] === undefined ? [] : [review(reviewers[index])]))),
            ofApi(
              numbers.flatMap((index) =>
                reviewers[index] === undefined ? [] : [review(reviewers[index], { commit: apiHead })],
              ),
            ),
          ]);
        const fewer = some.filter((index) => others.includes(index));
        if (all(fewer).status === 'open') expect(all(some).status).toBe('open');
      }),
    );
  });
});
