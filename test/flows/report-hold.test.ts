import { describe, expect, test } from 'vitest';
import { planDigest, repositoryId } from '../../src/domain/identity.ts';
import { hadShown } from '../../src/flows/report-hold.ts';

const plan = planDigest('a'.repeat(64));
const atMs = 1_760_000_000_000;
const item = {
  key: 'issue:web@production',
  repository: repositoryId(1),
  externalId: `${plan}@${atMs}`,
  content: 'said',
  closed: false,
};

describe('the plan of a hold', () => {
  test.each([
    ['the second after it was shown', item, plan, atMs + 1_000, true],
    ['the second in which it was shown', item, plan, atMs, false],
    ['the second before', item, plan, atMs - 1_000, false],
    ['any later one, pressed with the plan named', item, plan, Number.POSITIVE_INFINITY, true],
    ['a later one, of another plan', item, planDigest('b'.repeat(64)), atMs + 1_000, false],
    ['a later one, when the issue is closed', { ...item, closed: true }, plan, atMs + 1_000, false],
    ['a later one, when there is no issue', undefined, plan, atMs + 1_000, false],
  ])('can be meant by what was said in %s', (_when, shown, meant, beforeMs, can) => {
    expect(hadShown(shown, { plan: meant, beforeMs })).toBe(can);
  });

  test('cannot be told while the issue is being written', () => {
    expect(() => hadShown({ ...item, content: '' }, { plan, beforeMs: atMs + 1_000 })).toThrow('being written');
  });
});
