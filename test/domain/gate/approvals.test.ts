import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Exclusions,
  judgeApprovals,
  judgeWord,
  latestReviews,
  type ReviewFacts,
  requestedChanges,
  shownBefore,
} from '../../../src/domain/gate/approvals.ts';
import { atLeast, type Permission, permissions, type Review } from '../../../src/domain/gate/people.ts';
import { base, digest, head, person } from '../plan-builder.ts';
import { atSecond, author, exclusions, kim, review, reviewFacts, robin, shown, shownDigest } from './review-builder.ts';

const judged = (reviews: readonly Review[], overrides: Partial<ReviewFacts> = {}) =>
  judgeApprovals(reviewFacts(reviews, overrides)).map((approval) =>
    approval.kind === 'counts' ? 'counts' : approval.reason,
  );
const may = (permission: Permission) => ({ permissions: new Map([['kim', permission]]) });

describe('an approval', () => {
  test('of a person with write access counts, and binds to what was shown', () => {
    expect(judgeApprovals(reviewFacts([review(kim)]))).toEqual([
      { kind: 'counts', person: kim, permission: 'write', commit: head, plans: [shownDigest] },
    ]);
  });

  test.each<[string, Partial<Exclusions>, string]>([
    ['opened the pull request', { author: kim }, 'opened this pull request'],
    ['wrote a commit in it', { authors: [author, kim] }, 'is the author of a commit in it'],
    ['committed one', { committers: [author, kim] }, 'is the committer of a commit in it'],
    ['is a co-author', { coAuthors: [robin, kim] }, 'is a co-author of a commit in it'],
    ['pushed last', { lastPusher: kim }, 'pushed to it last'],
  ])('of one who %s does not count', (_what, overrides, reason) => {
    expect(judged([review(kim)], { exclusions: exclusions(overrides) })).toEqual([reason]);
  });

  test('of one who contributed under an earlier login does not count', () => {
    expect(judged([review(kim)], { exclusions: exclusions({ coAuthors: [{ ...kim, login: 'kim-before' }] }) })).toEqual(
      ['is a co-author of a commit in it'],
    );
  });

  test('of a bot does not count, whatever it may do', () => {
    const bot = person('renovate[bot]', { bot: true });
    expect(judged([review(bot)], { permissions: new Map([['renovate[bot]', 'admin']]) })).toEqual(['is a bot']);
  });

  test.each<[Permission, string]>([
    ['none', 'has no write access (none)'],
    ['read', 'has no write access (read)'],
    ['triage', 'has no write access (triage)'],
    ['write', 'counts'],
    ['maintain', 'counts'],
    ['admin', 'counts'],
  ])('of one who has %s now: %s', (permission, outcome) => {
    expect(judged([review(kim)], may(permission))).toEqual([outcome]);
  });

  test('of one of whom GitHub does not say what they may do does not count', () => {
    expect(judged([review(kim)], { permissions: new Map() })).toEqual([
      'GitHub does not say what this person may do here',
    ]);
  });

  test('without a commit binds to nothing', () => {
    expect(judged([review(kim, { commit: undefined })])).toEqual([
      'GitHub does not say which commit was reviewed; approve again',
    ]);
  });

  test("of a person whom GitHub does not name is nobody's", () => {
    expect(judged([review(undefined)])).toEqual([]);
  });

  test.each<[string, Partial<Review>]>([
    ['before the plan was shown', { submittedAtMs: atSecond(4) }],
    ['in the same second', { submittedAtMs: atSecond(5) + 999 }],
    ['for a commit that has no plan', { commit: base }],
  ])('given %s does not count', (_when, overrides) => {
    expect(judged([review(kim, overrides)])).toEqual([
      expect.stringMatching(/^no plan of [0-9a-f]{7} had been shown yet; approve again$/),
    ]);
  });

  test('in the next second counts', () => {
    expect(judged([review(kim, { submittedAtMs: atSecond(6) })])).toEqual(['counts']);
  });

  test("for an older commit binds to what that commit's plan showed", () => {
    const older = shown({ head: base, plans: [digest('bbbb')] });
    expect(judgeApprovals(reviewFacts([review(kim, { commit: base })], { shown: [older, shown()] }))).toMatchObject([
      { kind: 'counts', commit: base, plans: [digest('bbbb')] },
    ]);
  });
});

describe('what counts of several reviews of one person', () => {
  const states = (...list: readonly Review['state'][]) =>
    list.map((state, index) => review(kim, { state, submittedAtMs: atSecond(10 + index) }));

  test.each<[readonly Review['state'][], number]>([
    [['approved'], 1],
    [['changes_requested', 'approved'], 1],
    [['approved', 'changes_requested'], 0],
    [['approved', 'dismissed'], 0],
    [['dismissed', 'approved'], 1],
    [['approved', 'commented'], 1],
    [['approved', 'pending'], 1],
    [['commented'], 0],
    [['approved', 'approved'], 1],
  ])('%j: %i', (list, count) => {
    expect(judged(states(...list))).toHaveLength(count);
    expect(judged([...states(...list)].reverse())).toHaveLength(count);
  });

  test('of the same second the later made is the latest', () => {
    const first = review(kim, { state: 'approved' });
    const second = review(kim, { state: 'changes_requested' });
    expect(latestReviews([second, first]).map(({ state }) => state)).toEqual(['changes_requested']);
    expect(latestReviews([first, second]).map(({ state }) => state)).toEqual(['changes_requested']);
  });
});

describe('changes requested', () => {
  const asks = (overrides: Partial<ReviewFacts> = {}) =>
    requestedChanges(reviewFacts([review(kim, { state: 'changes_requested' })], overrides)).map(({ login }) => login);

  test('by one whose approval could count block', () => {
    expect(asks()).toEqual(['kim']);
  });

  test('by one who may not write, or has a part in it, do not', () => {
    expect(asks(may('read'))).toEqual([]);
    expect(asks({ exclusions: exclusions({ committers: [kim] }) })).toEqual([]);
  });

  test('by one of whom nobody can say what they may do block: unknown means no', () => {
    expect(asks({ permissions: new Map() })).toEqual(['kim']);
  });

  test('block no more once that person approves, or the review is dismissed', () => {
    for (const state of ['approved', 'dismissed'] as const) {
      const reviews = [
        review(kim, { state: 'changes_requested' }),
        review(kim, { state, submittedAtMs: atSecond(20) }),
      ];
      expect(requestedChanges(reviewFacts(reviews))).toEqual([]);
    }
  });
});

describe('what was shown before a review', () => {
  test('is the last that was completed, also while another is on its way', () => {
    const runs = [
      shown({ plans: [digest('1')] }),
      shown({ shownAtMs: atSecond(8), plans: [digest('2')] }),
      shown({ shownAtMs: atSecond(30), plans: [digest('3')] }),
    ];
    expect(shownBefore(head, atSecond(10), runs)?.plans).toEqual([digest('2')]);
    expect(shownBefore(head, atSecond(10), [...runs].reverse())?.plans).toEqual([digest('2')]);
  });

  test("is what came before the one that was completed in the review's own second", () => {
    const runs = [shown({ plans: [digest('1')] }), shown({ shownAtMs: atSecond(10) + 1, plans: [digest('2')] })];
    expect(shownBefore(head, atSecond(10) + 900, runs)?.plans).toEqual([digest('1')]);
  });

  test('is never of another commit, of the same second or later', () => {
    const run = fc.record({
      head: fc.constantFrom(head, base),
      shownAtMs: fc.integer({ min: 0, max: 5000 }).map((ms) => atSecond(0) + ms),
      plans: fc.constant([shownDigest]),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), fc.integer({ min: 0, max: 5000 }), (runs, offset) => {
        const at = atSecond(0) + offset;
        const earlier = runs.filter(
          (one) => one.head === head && Math.floor(one.shownAtMs / 1000) < Math.floor(at / 1000),
        );
        const last = earlier.length === 0 ? undefined : Math.max(...earlier.map((one) => one.shownAtMs));
        expect(shownBefore(head, at, runs)?.shownAtMs).toBe(last);
      }),
    );
  });
});

test('permissions are in order', () => {
  expect(permissions.filter((permission) => atLeast(permission, 'maintain'))).toEqual(['maintain', 'admin']);
  expect(judgeWord(kim, { exclusions: exclusions(), permissions: new Map([['kim', 'maintain']]) })).toEqual({
    kind: 'counts',
    permission: 'maintain',
  });
});
