import { describe, expect, test } from 'vitest';
import { clusterUid, commitSha, planDigest, repositoryId, targetName, treeSha } from '../../src/domain/identity.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { showPlan } from '../../src/flows/show-plan.ts';

const target = targetName('payments', 'production');
const cluster = clusterUid('c');
const plan: Plan = {
  digest: planDigest('1'.repeat(64)),
  target,
  cluster: { name: 'production', uid: cluster },
  kind: 'update',
  head: commitSha('a'.repeat(40)),
  base: commitSha('b'.repeat(40)),
  tree: treeSha('c'.repeat(40)),
  effects: [
    {
      target,
      cluster,
      object: { group: '', kind: 'Secret', namespace: 'payments', name: 'database' },
      action: 'update',
      path: 'data.password',
      before: { kind: 'secret', hmac: 'canary-before' },
      after: { kind: 'secret', hmac: 'canary-after' },
    },
  ],
  moves: [],
  changes: [],
  problems: [],
  complete: true,
  rendered: 1,
  owned: 1,
};

describe('showing a plan', () => {
  test('gives what people may see, and no HMAC of a secret', async () => {
    const shown = await showPlan({ plan: async () => ({ repository: repositoryId(7), plan }) }, plan.digest);
    expect(shown).toMatchObject({ repository: 7, ambiguous: false, plan: { digest: plan.digest, target } });
    expect(JSON.stringify(shown)).not.toContain('canary');
  });

  test('says that a plan without effects may be another one', async () => {
    const store = { plan: async () => ({ repository: repositoryId(7), plan: { ...plan, effects: [] } }) };
    expect((await showPlan(store, plan.digest))?.ambiguous).toBe(true);
    expect((await showPlan(store, plan.digest, plan))?.ambiguous).toBe(false);
  });

  test('knows no plan that was never saved', async () => {
    expect(await showPlan({ plan: async () => undefined }, plan.digest)).toBeUndefined();
  });
});
