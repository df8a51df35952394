import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sourceText } from '../../../src/domain/config/rule.ts';
import { decideGate } from '../../../src/domain/gate/decide-gate.ts';
import type { GateDecision, Requirement } from '../../../src/domain/gate/decision.ts';
import type { Permission, Person, Review } from '../../../src/domain/gate/people.ts';
import { base, head, person } from '../plan-builder.ts';
import {
  anyRule,
  anySituation,
  changing,
  codeowners,
  gateFacts,
  type Situation,
  sourcesFor,
  town,
} from './gate-builder.ts';
import { atSecond, review } from './review-builder.ts';

const runs = { numRuns: 300 };
const decide = (situation: Situation): GateDecision => decideGate(gateFacts(situation));

/** Nothing that `weaker` lacks may meet what `stronger` does not: gates open by saying more, never by saying less. */
function neverOpens(stronger: Situation, weaker: Situation): void {
  const [more, less] = [decide(stronger), decide(weaker)];
  if (less.status === 'open') expect(more.status).toBe('open');
  for (const { name, status } of less.requirements)
    if (status === 'met') expect(more.requirements.find((one) => one.name === name)?.status ?? 'met', name).toBe('met');
}

const mapReviews = (situation: Situation, change: (one: Review) => Review | undefined): Situation => ({
  ...situation,
  pulls: situation.pulls.map((pull) => ({ ...pull, reviews: pull.reviews.flatMap((one) => change(one) ?? []) })),
});

describe('for any plans, people, rules, overrides and locks', () => {
  test('the gates are of all kinds, so that what follows is said of something', () => {
    const seen = fc.sample(anySituation, { numRuns: 3_000, seed: 5 }).map((one) => decide(one));
    const count = (status: GateDecision['status']) => seen.filter((one) => one.status === status).length;
    for (const status of ['open', 'waiting', 'blocked'] as const) expect(count(status), status).toBeGreaterThan(100);
    const namesMet = new Set(
      seen.flatMap(({ requirements }) => requirements.filter(({ status }) => status === 'met').map(({ name }) => name)),
    );
    for (const name of [
      'approvals of production',
      'configuration',
      'lock',
      'applied',
      'large removal from web@staging',
      'web@staging moves off old',
    ])
      expect(namesMet).toContain(name);
  });

  test('adding a rule never opens a gate', () => {
    const added = anySituation
      .filter(({ plans }) => changing(plans).length > 0)
      .chain((situation) =>
        fc.record({
          situation: fc.constant(situation),
          rule: anyRule(changing(situation.plans), sourcesFor(situation.pulls)),
        }),
      );
    fc.assert(
      fc.property(added, ({ situation, rule }) => {
        const rules = [...situation.rules, { ...rule, name: 'added' }];
        neverOpens(situation, { ...situation, rules });
      }),
      runs,
    );
  });

  test('asking for one more approval never opens a gate', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { production } = situation.environments;
        const stricter = { ...production, approvals: production.approvals + 1 };
        neverOpens(situation, { ...situation, environments: { ...situation.environments, production: stricter } });
      }),
      runs,
    );
  });

  test('removing an approval never opens a gate: not by dismissing it, nor by taking every word of an approver away', () => {
    fc.assert(
      fc.property(anySituation, fc.constantFrom(...town), (situation, who) => {
        const isTheirs = ({ reviewer, state }: Review) => reviewer?.id === who.id && state === 'approved';
        neverOpens(
          situation,
          mapReviews(situation, (one) => (isTheirs(one) ? { ...one, state: 'dismissed' } : one)),
        );
        const all = situation.pulls.flatMap(({ reviews }) => reviews);
        fc.pre(all.every((one) => one.reviewer?.id !== who.id || one.state !== 'changes_requested'));
        neverOpens(
          situation,
          mapReviews(situation, (one) => (one.reviewer?.id === who.id ? undefined : one)),
        );
      }),
      runs,
    );
  });

  test('asking for changes never opens a gate', () => {
    fc.assert(
      fc.property(anySituation, fc.constantFrom(...town), fc.nat(2), (situation, who, at) => {
        const objection = review(who, { state: 'changes_requested', submittedAtMs: atSecond(30) });
        const pulls = situation.pulls.map((pull, index) =>
          index === at % situation.pulls.length ? { ...pull, reviews: [...pull.reviews, objection] } : pull,
        );
        neverOpens(situation, { ...situation, pulls });
      }),
      runs,
    );
  });

  test('losing access, a team, the ownership of files or a recorded approval never opens a gate', () => {
    fc.assert(
      fc.property(anySituation, fc.constantFrom(...town), (situation, who) => {
        const others = (people: readonly Person[]) => people.filter(({ id }) => id !== who.id);
        const members = Object.fromEntries(
          Object.entries(situation.members).map(([source, people]) => [source, others(people)]),
        );
        neverOpens(situation, { ...situation, members });
        const files = situation.files.map((file) => ({
          ...file,
          people: new Set([...file.people].filter((id) => id !== who.id)),
        }));
        neverOpens(situation, { ...situation, files });
        neverOpens(situation, { ...situation, pending: others(situation.pending) });
        const all = situation.pulls.flatMap(({ reviews }) => reviews);
        fc.pre(all.every((one) => one.reviewer?.id !== who.id || one.state !== 'changes_requested'));
        neverOpens(situation, { ...situation, permissions: { ...situation.permissions, [who.login]: 'read' } });
      }),
      runs,
    );
  });

  test('taking an override back never opens a gate, nor does no longer allowing it', () => {
    fc.assert(
      fc.property(anySituation, fc.nat(2), (situation, at) => {
        neverOpens(situation, { ...situation, overrides: situation.overrides.filter((_, index) => index !== at) });
        neverOpens(situation, { ...situation, rules: situation.rules.map((rule) => ({ ...rule, override: [] })) });
      }),
      runs,
    );
  });

  test('an override opens nothing but what it names: not a failing plan, an objection, a large removal, the configuration or a lock', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const without = new Map(
          decide({ ...situation, overrides: [] }).requirements.map((one) => [one.name, one.status]),
        );
        for (const { name, status } of decide(situation).requirements)
          if (!/^(rule|approvals of|last pusher)/.test(name)) expect(status, name).toBe(without.get(name));
      }),
      runs,
    );
  });

  test('no requirement is told twice, and each says why; what is met asks nobody', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { requirements, status } = decide(situation);
        expect(new Set(requirements.map(({ name }) => name)).size).toBe(requirements.length);
        for (const one of requirements) {
          expect(one.reason, one.name).not.toBe('');
          if (one.status === 'met') expect(one.who, one.name).toEqual([]);
        }
        expect(status === 'open').toBe(requirements.every((one) => one.status === 'met'));
      }),
      runs,
    );
  });

  test('the explanation names what would open it: whoever does what it says opens the gate', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        let now = situation;
        // What is done for one may be asked for again by another: a pusher matters only once people are asked.
        for (let round = 0; round < 3 && decide(now).status !== 'open'; round += 1)
          for (const requirement of decide(now).requirements)
            if (requirement.status !== 'met') now = asExplained(now, requirement);
        expect(decide(now).requirements.filter(({ status }) => status !== 'met')).toEqual([]);
      }),
      runs,
    );
  });
});

/** People who had no part in anything until the explanation asked for somebody. */
const helpers = ['hal', 'ida', 'joe'].map((login) => person(login));
const maintainer = person('mia');

/** Does what the words of one requirement ask for, and nothing else. */
function asExplained(of: Situation, { name, who, reason, targets, evidence }: Requirement): Situation {
  if (name === 'plan is current') {
    expect(reason).toContain('see planwright/plan');
    const mended = (target: string) => targets.some((failing) => failing === target);
    return { ...of, plans: of.plans.map((one) => (mended(one.target) ? { ...one, problems: [] } : one)) };
  }
  if (name === 'last pusher is known') {
    expect(reason).toContain('push again');
    return { ...of, pulls: of.pulls.map((pull) => ({ ...pull, lastPusher: person('author') })) };
  }
  if (name === 'no changes requested')
    return mapReviews(of, (one) =>
      who.includes(one.reviewer?.login ?? '') && one.state === 'changes_requested'
        ? { ...one, state: 'dismissed' }
        : one,
    );
  if (name === 'planned live for this SHA') {
    expect([who, reason]).toEqual([['anyone with write access'], expect.stringContaining('say /plan')]);
    return { ...of, offline: false };
  }
  if (name === 'lock') {
    expect(who).toEqual(['whoever merges #7', 'anyone with write access, by /unlock there']);
    return { ...of, applied: of.applied?.map((one) => ({ ...one, lock: { kind: 'free' } })) };
  }
  if (name === 'applied') {
    if (who.length === 0) expect(evidence.join()).toContain('is being applied');
    else expect(who).toEqual(['anyone with write access, by /apply']);
    const phase = (plan_: Situation['plans'][number]) =>
      ({ kind: 'succeeded', plan: plan_.digest, written: 1 }) as const;
    return {
      ...of,
      applied: of.plans.map((one) => ({
        target: one.target,
        lock: { kind: 'held' },
        applied: { deployment: 1, commit: base, head, phase: phase(one), isDeployed: true },
      })),
    };
  }
  if (name.startsWith('approvals of ')) {
    expect(who).toEqual(['anyone with write access who is neither author, committer, co-author nor last pusher']);
    return approvedBy(of, helpers, 'write');
  }
  if (name === 'configuration' || name.startsWith('large removal from ') || name.endsWith(' moves off old')) {
    expect(who).toEqual(['role:maintain']);
    return approvedBy(of, [maintainer], 'maintain');
  }
  expect(name).toMatch(/^rule /);
  const rule = of.rules.find((one) => name.startsWith(`rule ${one.name}`));
  if (rule === undefined) throw new Error(`${name} speaks of no rule`);
  const asked = who.filter((one) => !one.endsWith(', with /override'));
  if (asked.length > 0) return metBy(of, asked[0] ?? '');
  const [overrider] = who;
  if (overrider === undefined) {
    expect(reason).toContain('Nobody can override it: the pull request has to change.');
    return { ...of, rules: of.rules.filter((one) => one !== rule) };
  }
  const source = overrider.replace(', with /override', '');
  expect(rule.override.map(sourceText)).toContain(source);
  const [helper] = helpers;
  if (helper === undefined) throw new Error('there are helpers');
  const plans = of.plans.filter(({ target }) => rule.targets.includes(target)).map((one) => one.digest);
  const word = { of: { kind: 'rule' as const, name: rule.name, origin: rule.origin }, plans, person: helper };
  return {
    ...of,
    members: { ...of.members, [source]: [...(of.members[source] ?? []), helper] },
    overrides: [...of.overrides, { ...word, sources: [], reason: 'as it was said', comment: 2 }],
  };
}

/** They approve the head of each pull request, after everything that was shown. */
function approvedBy(of: Situation, people: readonly Person[], permission: Permission): Situation {
  const permissions = { ...of.permissions, ...Object.fromEntries(people.map(({ login }) => [login, permission])) };
  const pulls = of.pulls.map((pull) => ({
    ...pull,
    reviews: [...pull.reviews, ...people.map((one) => review(one, { submittedAtMs: atSecond(40) }))],
  }));
  return { ...of, permissions, pulls };
}

/** People whom the requirement names: of a team, by a role or name, or owners of a file. */
function metBy(of: Situation, asked: string): Situation {
  const approved = approvedBy(of, helpers, 'write');
  if (!asked.startsWith(sourceText(codeowners))) {
    const members = { ...of.members, [asked]: [...(of.members[asked] ?? []), ...helpers] };
    return { ...approved, members };
  }
  const ids = helpers.map(({ id }) => id);
  const files = of.files.length > 0 ? of.files : [{ path: 'f.yaml', owners: ['@acme/web'], people: new Set<number>() }];
  return { ...approved, files: files.map((file) => ({ ...file, people: new Set([...file.people, ...ids]) })) };
}
