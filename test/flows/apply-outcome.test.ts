import { expect, test } from 'vitest';
import type { Refusal } from '../../src/domain/plan/prediction.ts';
import { refusedWrite } from '../../src/flows/apply-outcome.ts';

const identity = { group: '', kind: 'Secret', namespace: 'shop', name: 'database' };
const live = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'database' },
  data: { password: btoa('Old-pass7') },
};

test.each(['Old-pass7', btoa('Old-pass7')])('a refusal that quotes the live secret %s does not tell it', (quoted) => {
  const refusals: readonly Refusal[] = [
    { kind: 'invalid', status: 422, fields: [], message: `data: ${quoted} may not change` },
    { kind: 'unavailable', message: `the webhook did not like ${quoted}` },
  ];
  for (const refusal of refusals) {
    expect(refusedWrite(identity, refusal).reason).toContain(quoted);
    const { reason } = refusedWrite(identity, refusal, live);
    expect(reason).not.toContain(quoted);
    expect(reason).toContain('(masked)');
  }
});
