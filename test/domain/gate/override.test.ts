import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApprovalSource } from '../../../src/domain/config/rule.ts';
import {
  answerOverride,
  type Override,
  overriddenReason,
  sourcesMet,
  unknownSources,
} from '../../../src/domain/gate/override.ts';
import type { Standing, Standings } from '../../../src/domain/gate/standing.ts';
import { digest, person } from '../plan-builder.ts';

const olga = person('olga');
const admins: ApprovalSource = { kind: 'role', role: 'admin' };
const sre: ApprovalSource = { kind: 'team', slug: 'sre' };
const owners: ApprovalSource = { kind: 'codeowners' };
const approvals = { kind: 'approvals', environment: 'production' } as const;
const rule = { kind: 'rule', name: 'destroying data', origin: 'repository' } as const;
const [first, second] = [digest('1'), digest('2')];

function override(more: Partial<Override> = {}): Override {
  return {
    of: approvals,
    plans: [first],
    person: olga,
    sources: ['role:admin'],
    reason: 'because',
    comment: 1,
    ...more,
  };
}

function standings(standing: Standing['kind'], files: readonly (readonly number[])[] = []): Standings {
  return {
    of: () => (standing === 'unknown' ? { kind: standing, reason: 'GitHub does not say' } : { kind: standing }),
    size: () => undefined,
    trouble: () => undefined,
    ownedFiles: {
      kind: 'known',
      files: files.map((people, index) => ({ path: `${index}`, owners: ['@x'], people: new Set(people) })),
    },
  };
}

function answer(overrides: readonly Override[], more: Partial<Parameters<typeof answerOverride>[0]> = {}) {
  return answerOverride({ overrides, of: approvals, allowed: [admins], plans: [first], ...more });
}

describe('an override', () => {
  test('meets the condition that it names, for the plan that was shown', () => {
    expect(answer([override()])).toEqual({ kind: 'overridden', by: [override()] });
    expect(answer([override({ of: rule })], { of: rule }).kind).toBe('overridden');
  });

  test.each<[string, Partial<Override>]>([
    ['another environment', { of: { kind: 'approvals', environment: 'staging' } }],
    ['a rule', { of: rule }],
  ])('of %s says nothing here', (_, more) => {
    expect(answer([override(more)])).toEqual({ kind: 'not-overridden', evidence: [] });
  });

  test.each<[string, Partial<typeof rule>]>([
    ['another name', { name: 'other' as never }],
    ['another origin', { origin: 'organization' as never }],
  ])('of a rule of %s says nothing here', (_, more) => {
    expect(answer([override({ of: { ...rule, ...more } })], { of: rule }).kind).toBe('not-overridden');
  });

  test('of another plan does not count, and is told', () => {
    expect(answer([override()], { plans: [second] })).toEqual({
      kind: 'not-overridden',
      evidence: ["olga's override does not count: the plan has changed since"],
    });
  });

  test('counts only when every plan is overridden, by one person or several', () => {
    expect(answer([override()], { plans: [first, second] }).kind).toBe('not-overridden');
    expect(answer([override({ plans: [first, second] })], { plans: [first, second] }).kind).toBe('overridden');
    const other = override({ plans: [second], person: person('kim') });
    expect(answer([override(), other], { plans: [first, second] })).toMatchObject({ by: [override(), other] });
  });

  test('that counts for another plan is not named among those by whose word it is', () => {
    const elsewhere = override({ plans: [second], person: person('kim') });
    expect(answer([override(), elsewhere])).toEqual({ kind: 'overridden', by: [override()] });
  });

  test('of nothing overrides nothing', () => {
    expect(answer([override()], { plans: [] }).kind).toBe('not-overridden');
  });

  test('counts by what was recorded only while the configuration still names that source', () => {
    expect(answer([override()], { allowed: [sre] })).toEqual({
      kind: 'not-overridden',
      evidence: ["olga's override does not count: the configuration or GitHub no longer names olga for it"],
    });
    expect(answer([override()], { allowed: [] }).kind).toBe('not-overridden');
    expect(answer([override()], { allowed: [sre, admins] }).kind).toBe('overridden');
  });

  test('counts by what GitHub says now where that is known', () => {
    expect(answer([override()], { standings: standings('yes') }).kind).toBe('overridden');
    expect(answer([override()], { standings: standings('no') }).kind).toBe('not-overridden');
    expect(answer([override()], { standings: standings('unknown') }).kind).toBe('not-overridden');
  });

  test('by code owners takes an owner of every file that has owners', () => {
    expect(sourcesMet(olga, [owners], standings('no', [[olga.id], [olga.id, 7]]))).toEqual(['codeowners']);
    expect(sourcesMet(olga, [owners], standings('yes', [[olga.id], [7]]))).toEqual([]);
    expect(sourcesMet(olga, [owners], standings('yes'))).toEqual([]);
  });
});

test('by code owners of whom nobody knows who they are takes nobody, and that is said', () => {
  const unknown: Standings = { ...standings('unknown'), ownedFiles: { kind: 'unknown', reason: 'it is too large' } };
  expect(sourcesMet(olga, [owners, sre], unknown)).toEqual([]);
  expect(unknownSources(olga, [owners, sre], unknown)).toEqual([
    'codeowners: it is too large',
    'team:sre: GitHub does not say',
  ]);
  expect(unknownSources(olga, [owners, sre], standings('no'))).toEqual([]);
});

test('everybody whose word it took is named', () => {
  expect(overriddenReason([override(), override({ person: person('kim'), reason: 'so be it' })])).toBe(
    'overridden by olga: because; overridden by kim: so be it',
  );
});

describe('overriding', () => {
  const plans = fc.subarray([first, second, digest('3')]);
  const said = fc.record({ plans, source: fc.constantFrom('role:admin', 'team:sre', 'user:kim') });

  test('of any plans never opens another plan, and saying more never closes what was open', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 5 }), said, plans, (before, more, asked) => {
        const of = (all: readonly { plans: readonly string[]; source: string }[]) =>
          all.map(({ plans: some, source }) => override({ plans: some as Override['plans'], sources: [source] }));
        const earlier = answer(of(before), { plans: asked });
        const later = answer(of([...before, more]), { plans: asked });
        if (earlier.kind === 'overridden') expect(later.kind).toBe('overridden');
        const covered = new Set(
          [...before, more].filter(({ source }) => source === 'role:admin').flatMap(({ plans: some }) => some),
        );
        expect(later.kind === 'overridden').toBe(asked.length > 0 && asked.every((plan) => covered.has(plan)));
      }),
    );
  });
});
