import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../../src/domain/config/config.ts';
import { type ApprovalSource, sourceText } from '../../../src/domain/config/rule.ts';
import { judgeApprovals } from '../../../src/domain/gate/approvals.ts';
import { decideGate, type GateFacts } from '../../../src/domain/gate/decide-gate.ts';
import type { GateDecision, Requirement } from '../../../src/domain/gate/decision.ts';
import type { MatchedRule } from '../../../src/domain/gate/matched-rule.ts';
import type { Review } from '../../../src/domain/gate/people.ts';
import { type RuleFacts, sourcesOfApprover, wantedPeople } from '../../../src/domain/gate/rule-requirement.ts';
import type { Standings } from '../../../src/domain/gate/standing.ts';
import { parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import type { Effect } from '../../../src/domain/plan/effect.ts';
import { digest, effect, head, person, plan } from '../plan-builder.ts';
import { atSecond, author, kim, review, reviewFacts, robin, shown, shownDigest } from './review-builder.ts';
import { matchedRule, platform, sre, standings } from './rule-builder.ts';

const production: Environment = { name: 'production', cluster: 'production', approvals: 0, after: [] };
const effects = [effect()];
const current = plan({ digest: shownDigest, effects });
const codeowners: ApprovalSource = { kind: 'codeowners' };

interface Situation {
  readonly rules?: readonly MatchedRule[];
  readonly reviews?: readonly Review[];
  readonly standings?: Standings;
  readonly facts?: Partial<GateFacts>;
}

function decide({ rules = [matchedRule()], reviews = [], ...more }: Situation): GateDecision {
  return decideGate({
    head,
    plans: [{ plan: current, environment: production }],
    reviews: [reviewFacts(reviews, { shown: [shown()] })],
    pendingWork: [],
    shownEffects: new Map([[shownDigest, effects]]),
    pendingApprovals: new Map(),
    configurationChanged: false,
    offline: false,
    rules,
    standings: more.standings ?? standings({ sources: { 'team:sre': [kim], 'team:platform': [] } }),
    ...more.facts,
  });
}

function ruleOf(decision: GateDecision): Requirement {
  const found = decision.requirements.find(({ name }) => name.startsWith('rule '));
  if (found === undefined) throw new Error('no rule among the requirements');
  return found;
}

describe('a rule that asks for people', () => {
  test('waits for one of them, and says for what', () => {
    const decision = decide({ reviews: [review(robin)] });
    expect(decision.status).toBe('waiting');
    expect(ruleOf(decision)).toEqual({
      name: 'rule destroying data',
      status: 'unmet',
      reason:
        'needs the approval of 1 person from team:sre for what web@production would do; it speaks of PersistentVolumeClaim web/data',
      who: ['team:sre'],
      evidence: ["robin's approval does not count for this rule: is not in team:sre"],
      targets: ['web@production'],
    });
  });

  test('is met by one of them who approved these effects', () => {
    const decision = decide({ reviews: [review(kim), review(author)] });
    expect(decision.status).toBe('open');
    expect(ruleOf(decision)).toMatchObject({
      status: 'met',
      evidence: ['kim approved these effects', "author's approval does not count: opened this pull request"],
    });
  });

  test('counts different people of any of its sources', () => {
    const rules = [matchedRule({ outcome: { kind: 'require', count: 2, from: [sre, platform] } })];
    const both = standings({ sources: { 'team:sre': [kim], 'team:platform': [kim, robin] } });
    expect(decide({ rules, standings: both, reviews: [review(kim)] }).status).toBe('waiting');
    expect(decide({ rules, standings: both, reviews: [review(kim), review(robin)] }).status).toBe('open');
  });

  test('does not count an approval of other effects', () => {
    const decision = decide({ reviews: [review(kim)], facts: { shownEffects: new Map() } });
    expect(ruleOf(decision)).toMatchObject({
      status: 'unmet',
      evidence: ['kim approved other effects of web@production: the plan has changed since; approve again'],
    });
  });

  test('takes whom nobody can say anything of for nobody, and says why', () => {
    const decision = decide({ reviews: [review(kim)], standings: standings({}) });
    expect(ruleOf(decision)).toMatchObject({
      status: 'unmet',
      evidence: ["kim's approval does not count for this rule: there is no team:sre"],
    });
  });

  test('says of a team that there is not', () => {
    const troubles = { 'team:sre': 'acme has no team sre' };
    const rules = [matchedRule({ outcome: { kind: 'require', count: 1, from: [sre, platform] } })];
    const some = standings({ sources: { 'team:platform': [robin] }, troubles });
    expect(ruleOf(decide({ rules, standings: some }))).toMatchObject({
      status: 'unmet',
      who: ['team:sre (nobody now: acme has no team sre)', 'team:platform'],
    });
    const none = standings({ sizes: { 'team:sre': 0, 'team:platform': 0 }, troubles });
    expect(ruleOf(decide({ rules, standings: none }))).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('there are only 0 (acme has no team sre): no approval meets it'),
    });
  });

  test('says when it asks for more people than there are', () => {
    const rules = [
      matchedRule({ outcome: { kind: 'require', count: 3, from: [sre, platform] }, override: [platform] }),
    ];
    const sources = { 'team:sre': [kim], 'team:platform': [robin] };
    const few = standings({ sources, sizes: { 'team:sre': 1, 'team:platform': 1 } });
    expect(ruleOf(decide({ rules, standings: few }))).toMatchObject({
      status: 'failed',
      reason:
        'it needs 3 people from team:sre or team:platform, and there are only 2: no approval meets it; it speaks of PersistentVolumeClaim web/data',
      who: ['team:platform, with /override'],
    });
    expect(ruleOf(decide({ rules, standings: standings({ sources, sizes: { 'team:sre': 1 } }) })).status).toBe('unmet');
  });

  test('counts what one of them approved in a merge that is not deployed yet', () => {
    const pending = (...sources: readonly string[]) => ({
      facts: { pendingApprovals: new Map([[current.target, [{ personId: 1, effects, sources }]]]) },
    });
    expect(decide(pending('team:sre')).status).toBe('open');
    expect(decide(pending('team:platform')).status).toBe('waiting');
  });

  test('is not met by a plan in which there is nothing to approve, nor by one that is not there', () => {
    const empty = { plans: [{ plan: plan({ digest: shownDigest, effects: [] }), environment: production }] };
    expect(decide({ reviews: [review(kim)], facts: empty }).status).toBe('waiting');
    expect(decide({ reviews: [review(kim)], facts: { plans: [] } }).status).toBe('waiting');
  });

  test('needs to know who pushed', () => {
    const reviews = [reviewFacts([], { exclusions: { ...reviewFacts([]).exclusions, lastPusher: undefined } })];
    expect(decide({ facts: { reviews } }).requirements.map(({ name }) => name)).toContain('last pusher is known');
  });

  test('says where it comes from when that is not the repository', () => {
    expect(ruleOf(decide({ rules: [matchedRule({ origin: 'organization' })] })).name).toBe(
      'rule destroying data of the organization',
    );
    expect(ruleOf(decide({ rules: [matchedRule({ origin: 'server' })] })).name).toBe(
      'rule destroying data of the server',
    );
  });
});

describe('a rule that asks for code owners', () => {
  const rules = [matchedRule({ outcome: { kind: 'require', count: 1, from: [codeowners] } })];
  const file = (path: string, ...people: readonly { readonly id: number; readonly login: string }[]) => ({
    path,
    owners: people.map(({ login }) => `@${login}`),
    people: new Set(people.map(({ id }) => id)),
  });

  test('needs an owner of every file that has any', () => {
    const two = standings({ files: [file('a.yaml', kim), file('b.yaml', robin)] });
    expect(ruleOf(decide({ rules, standings: two, reviews: [review(kim)] }))).toMatchObject({
      status: 'unmet',
      who: ['codeowners of b.yaml: @robin'],
      evidence: [
        "kim's approval does not count for this rule: owns other files than b.yaml, whose owners have to approve too",
      ],
    });
    expect(decide({ rules, standings: two, reviews: [review(kim), review(robin)] }).status).toBe('open');
  });

  test('is met by nobody where no file has an owner, or nobody knows', () => {
    expect(ruleOf(decide({ rules, reviews: [review(kim)], standings: standings({}) }))).toMatchObject({
      status: 'unmet',
      who: ['codeowners, once CODEOWNERS of the base branch names any for the changed files'],
    });
    const unknown: Standings = { ...standings({}), ownedFiles: { kind: 'unknown', reason: 'it is too large' } };
    expect(ruleOf(decide({ rules, reviews: [review(kim)], standings: unknown }))).toMatchObject({
      who: ['codeowners, once it is known who they are (it is too large)'],
      evidence: ["kim's approval does not count for this rule: it is too large"],
    });
  });
});

describe('a rule that nobody can meet', () => {
  test('denies with its words, and names who may override it', () => {
    const rules = [matchedRule({ outcome: { kind: 'deny', reason: 'Use an Ingress instead.' }, override: [platform] })];
    const decision = decide({ rules, reviews: [review(kim)] });
    expect(decision.status).toBe('blocked');
    expect(ruleOf(decision)).toMatchObject({
      reason: 'denied for PersistentVolumeClaim web/data: Use an Ingress instead.',
      who: ['team:platform, with /override'],
    });
  });

  test('says so where nobody may', () => {
    const rules = [matchedRule({ outcome: { kind: 'deny', reason: 'not on Fridays' }, objects: ['A', 'B', 'C', 'D'] })];
    expect(ruleOf(decide({ rules })).reason).toBe(
      'denied for A, B, C and others: not on Fridays. Nobody can override it: the pull request has to change.',
    );
  });

  test('is set aside by the word of whom it names, for exactly this plan', () => {
    const rules = [matchedRule({ outcome: { kind: 'deny', reason: 'no' }, override: [platform] })];
    const of = { kind: 'rule', name: 'destroying data', origin: 'repository' } as const;
    const override = { of, plans: [shownDigest], person: robin, sources: [], reason: 'incident 12', comment: 1 };
    const named = standings({ sources: { 'team:platform': [robin] } });
    const facts = { overrides: [override] };
    expect(ruleOf(decide({ rules, standings: named, facts }))).toMatchObject({
      status: 'met',
      reason: 'overridden by robin: incident 12',
    });
    expect(ruleOf(decide({ rules, facts })).status).toBe('failed');
    const other = { overrides: [{ ...override, plans: [] }] };
    expect(ruleOf(decide({ rules, standings: named, facts: other }))).toMatchObject({
      status: 'failed',
      evidence: ["robin's override does not count: the plan has changed since"],
    });
  });

  test('blocks where it could not be decided, whatever it asks for', () => {
    const rules = [matchedRule({ problem: 'it cannot be decided for Pod web/a: it is wrong' })];
    expect(ruleOf(decide({ rules, reviews: [review(kim)] }))).toMatchObject({
      status: 'failed',
      reason:
        'it cannot be decided for Pod web/a: it is wrong; mend the rule or what it speaks of. Nobody can override it: the pull request has to change.',
    });
  });
});

describe('who is asked, in words', () => {
  const file = (index: number, people: readonly number[] = []) => ({
    path: `f${index}.yaml`,
    owners: ['@kim', '@acme/web'],
    people: new Set(people),
  });
  const ofOwners = [matchedRule({ outcome: { kind: 'require', count: 1, from: [codeowners] } })];

  test.each<[number, readonly ApprovalSource[], string]>([
    [1, [sre], '1 person from team:sre'],
    [2, [sre, platform], '2 people from team:sre or team:platform'],
    [2, [sre, platform, { kind: 'role', role: 'admin' }], '2 people from team:sre, team:platform or role:admin'],
  ])('%i of %j', (count, from, words) => {
    expect(wantedPeople({ kind: 'require', count, from })).toBe(words);
  });

  test('says that there is one only, where there is one', () => {
    const rules = [matchedRule({ outcome: { kind: 'require', count: 2, from: [sre] } })];
    const one = standings({ sources: { 'team:sre': [kim] }, sizes: { 'team:sre': 1 } });
    expect(ruleOf(decide({ rules, standings: one })).reason).toContain('and there is only 1: no approval meets it');
    const two = standings({ sources: { 'team:sre': [kim] }, sizes: { 'team:sre': 2 } });
    expect(ruleOf(decide({ rules, standings: two })).status).toBe('unmet');
  });

  test('are asked in a merge group on the pull request that changes their file, for all that is shown there now', () => {
    const [one, two] = [pullNumber(1), pullNumber(2)];
    const [mine, other] = [digest('b1'), digest('b2')];
    const [left, right] = [effect({ path: 'spec.a' }), effect({ path: 'spec.b' })];
    const files = [
      { path: 'a.yaml', owners: ['@kim'], people: new Set([kim.id]), pull: one },
      { path: 'b.yaml', owners: ['@robin'], people: new Set([robin.id]), pull: two },
    ];
    const group = (
      onFirst: readonly Review[],
      onSecond: readonly Review[],
      shownOnSecond = [shown({ plans: [other] })],
    ) =>
      ruleOf(
        decide({
          rules: ofOwners,
          standings: standings({ files }),
          facts: {
            plans: [{ plan: plan({ digest: shownDigest, effects: [left, right] }), environment: production }],
            reviews: [
              reviewFacts(onFirst, { pull: one, shown: [shown({ plans: [mine] })] }),
              reviewFacts(onSecond, { pull: two, shown: shownOnSecond }),
            ],
            shownEffects: new Map([
              [mine, [left]],
              [other, [right]],
              [digest('b3'), [right, effect({ path: 'spec.c' })]],
            ]),
          },
        }),
      );
    expect(group([review(kim)], [review(robin)]).status).toBe('met');
    expect(group([review(kim)], [])).toMatchObject({ status: 'unmet', who: ['codeowners of b.yaml: @robin'] });
    // Each owner spoke on the other's pull request only.
    expect(group([review(robin)], [review(kim)]).status).toBe('unmet');
    const later = shown({ plans: [digest('b3')], shownAtMs: atSecond(20) });
    expect(group([review(kim)], [review(robin)], [shown({ plans: [other] }), later]).status).toBe('unmet');
  });

  test('is whoever owns what is still waiting, five files at most', () => {
    const files = Array.from({ length: 7 }, (_, index) => file(index, index === 0 ? [kim.id] : []));
    const requirement = ruleOf(decide({ rules: ofOwners, standings: standings({ files }), reviews: [review(kim)] }));
    expect(requirement.who).toEqual([1, 2, 3, 4, 5].map((index) => `codeowners of f${index}.yaml: @kim or @acme/web`));
    expect(requirement.evidence).toEqual([
      "kim's approval does not count for this rule: owns other files than f1.yaml, f2.yaml, f3.yaml, f4.yaml, f5.yaml and others, whose owners have to approve too",
    ]);
    const few = standings({ files: files.slice(0, 6) });
    expect(ruleOf(decide({ rules: ofOwners, standings: few, reviews: [review(kim)] })).evidence[0]).toContain(
      'files than f1.yaml, f2.yaml, f3.yaml, f4.yaml, f5.yaml, whose',
    );
  });

  test('is every owner again where more of them are asked than have approved', () => {
    const two = [matchedRule({ outcome: { kind: 'require', count: 2, from: [codeowners] } })];
    const requirement = ruleOf(
      decide({ rules: two, standings: standings({ files: [file(1, [kim.id])] }), reviews: [review(kim)] }),
    );
    expect(requirement).toMatchObject({ status: 'unmet', who: ['codeowners of f1.yaml: @kim or @acme/web'] });
    expect(requirement.evidence).toEqual(['kim approved these effects']);
  });

  test('is nobody who owns none of the files, and the word of an owner counts only for what is planned now', () => {
    const owned = standings({ files: [file(1, [kim.id])] });
    expect(ruleOf(decide({ rules: ofOwners, standings: owned, reviews: [review(robin)] })).evidence).toEqual([
      "robin's approval does not count for this rule: is not in codeowners",
    ]);
    const moved = decide({
      rules: ofOwners,
      standings: owned,
      reviews: [review(kim)],
      facts: { shownEffects: new Map() },
    });
    expect(ruleOf(moved)).toMatchObject({ status: 'unmet', who: ['codeowners of f1.yaml: @kim or @acme/web'] });
  });

  test('is no owner who approved only some of the targets that the rule speaks of', () => {
    const api = plan({ name: 'api@production', effects: [effect({ target: parseTargetName('api@production') })] });
    const rules = [{ ...matchedRule({ targets: [current.target, api.target] }), outcome: ofOwners[0]?.outcome }];
    const requirement = ruleOf(
      decide({
        rules: rules as readonly MatchedRule[],
        standings: standings({ files: [file(1, [kim.id]), file(2, [kim.id])] }),
        reviews: [review(kim)],
        facts: { plans: [current, api].map((one) => ({ plan: one, environment: production })) },
      }),
    );
    expect(requirement.who).toHaveLength(2);
    expect(requirement.evidence[0]).toContain('owns other files than f1.yaml, f2.yaml');
  });

  test('says of each source why it is not met', () => {
    const rules = [matchedRule({ outcome: { kind: 'require', count: 1, from: [sre, platform] } })];
    const known = standings({ sources: { 'team:sre': [] } });
    expect(ruleOf(decide({ rules, standings: known, reviews: [review(kim)] })).evidence).toEqual([
      "kim's approval does not count for this rule: is not in team:sre; there is no team:platform",
    ]);
  });

  test('is asked of its own targets only', () => {
    const api = plan({ name: 'api@production', effects: [effect({ target: parseTargetName('api@production') })] });
    const plans = [current, api].map((one) => ({ plan: one, environment: production }));
    expect(ruleOf(decide({ reviews: [review(kim)], facts: { plans } })).status).toBe('met');
    const both = [matchedRule({ targets: [current.target, api.target] })];
    expect(ruleOf(decide({ rules: both, reviews: [review(kim)], facts: { plans } }))).toMatchObject({
      status: 'unmet',
      targets: ['api@production'],
      evidence: ['kim approved other effects of api@production: the plan has changed since; approve again'],
    });
    expect(
      ruleOf(decide({ rules: [matchedRule({ targets: [current.target, api.target, current.target] })] })).targets,
    ).toEqual([current.target, api.target, current.target]);
  });
});

describe('what is recorded of an approver', () => {
  const recorded = (reviews: readonly Review[], of: Standings, saw: readonly Effect[] = effects) => {
    const approvals = judgeApprovals(reviewFacts(reviews, { shown: [shown()] }));
    const facts: RuleFacts = {
      plans: [current],
      approvals,
      pendingWork: [],
      shownEffects: new Map([[shownDigest, saw]]),
      pendingApprovals: new Map(),
      standings: of,
    };
    return (who: typeof kim) => sourcesOfApprover({ person: who }, [sre, platform, codeowners, sre], facts);
  };
  const file = { path: 'a.yaml', owners: ['@kim'], people: new Set([kim.id, robin.id]) };

  test('is each of the sources that the person is one of, once', () => {
    const of = recorded([], standings({ sources: { 'team:sre': [kim], 'team:platform': [robin] } }));
    expect(of(kim)).toEqual(['team:sre']);
    expect(of(robin)).toEqual(['team:platform']);
  });

  test('is being a code owner once every file has its owner', () => {
    const reviews = [review(kim), review(author)];
    expect(recorded(reviews, standings({ files: [file] }))(kim)).toEqual(['codeowners']);
    expect(recorded([], standings({ files: [file] }))(kim)).toEqual([]);
    expect(recorded([review(robin)], standings({ files: [file] }))(kim)).toEqual(['codeowners']);
    expect(recorded(reviews, standings({ files: [file] }), [])(kim)).toEqual([]);
    const other = { ...file, people: new Set([robin.id]) };
    expect(recorded(reviews, standings({ files: [file, other] }))(kim)).toEqual([]);
  });
});

/** A town of people, and what some of them said. */
const town = ['ann', 'ben', 'cat', 'dan', 'eve'].map((login) => person(login));
const sources: readonly ApprovalSource[] = [
  sre,
  platform,
  { kind: 'user', login: 'ann' },
  { kind: 'role', role: 'admin' },
];
const subset = <Item>(items: readonly Item[]) => fc.subarray([...items]);
const anyStandings = fc
  .tuple(...sources.map(() => subset(town)))
  .map((members) =>
    standings({ sources: Object.fromEntries(sources.map((source, at) => [sourceText(source), members[at] ?? []])) }),
  );
const anyRule = fc
  .record({
    outcome: fc.oneof(
      fc.record({ kind: fc.constant('deny' as const), reason: fc.constant('no') }),
      fc.record({
        kind: fc.constant('require' as const),
        count: fc.integer({ min: 1, max: 4 }),
        from: fc.subarray([...sources], { minLength: 1 }),
      }),
    ),
    override: fc.subarray([platform]),
    problem: fc.option(fc.constant('it cannot be decided'), { nil: undefined }),
  })
  .map(({ problem, ...rule }) => matchedRule({ ...rule, ...(problem === undefined ? {} : { problem }) }));
const named = (rules: readonly MatchedRule[]) => rules.map((rule, at) => ({ ...rule, name: `r${at}` }));
const reviewsOf = (people: readonly (typeof town)[number][]) =>
  people.map((one, at) => review(one, { submittedAtMs: atSecond(10 + at) }));
const anySituation = fc.record({
  rules: fc.array(anyRule, { maxLength: 4 }).map(named),
  people: subset(town),
  standings: anyStandings,
  approvals: fc.integer({ min: 0, max: 3 }),
});
const decideFor = (
  of: { readonly rules: readonly MatchedRule[]; readonly people: typeof town; readonly approvals: number } & {
    readonly standings: Standings;
  },
) =>
  decide({
    rules: of.rules,
    standings: of.standings,
    reviews: reviewsOf(of.people),
    facts: {
      plans: [{ plan: current, environment: { ...production, approvals: of.approvals } }],
      reviews: [
        reviewFacts(reviewsOf(of.people), {
          shown: [shown()],
          permissions: new Map(town.map(({ login }) => [login, 'write'])),
        }),
      ],
    },
  });

describe('for any rules, people and approvals', () => {
  test('adding a rule never opens a gate', () => {
    fc.assert(
      fc.property(anySituation, anyRule, (situation, added) => {
        const more = decideFor({ ...situation, rules: [...situation.rules, { ...added, name: 'added' }] });
        if (more.status === 'open') expect(decideFor(situation).status).toBe('open');
      }),
    );
  });

  test('removing an approval never opens a gate', () => {
    fc.assert(
      fc.property(anySituation, fc.nat(4), (situation, at) => {
        const fewer = decideFor({ ...situation, people: situation.people.filter((one) => one !== town[at]) });
        if (fewer.status === 'open') expect(decideFor(situation).status).toBe('open');
      }),
    );
  });

  test('the explanation of a closed gate names what would open it, or says that nothing can', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        for (const { status, who, reason, name } of decideFor(situation).requirements) {
          if (status === 'unmet') expect(who, name).not.toEqual([]);
          if (status === 'failed')
            expect(who.length > 0 || /has to change|asked for changes/.test(reason), reason).toBe(true);
        }
      }),
    );
  });

  test('whom an unmet rule names does meet it', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const unmet = decideFor(situation).requirements.filter(
          ({ status, name }) => status === 'unmet' && name.startsWith('rule '),
        );
        for (const { name, who } of unmet) {
          const everybody = standings({ sources: Object.fromEntries(who.map((source) => [source, town])) });
          const met = decideFor({ ...situation, standings: everybody, people: town });
          expect(met.requirements.find((other) => other.name === name)?.status).toBe('met');
        }
      }),
    );
  });
});
