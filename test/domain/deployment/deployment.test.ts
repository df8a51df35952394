import { expect, test } from 'vitest';
import { type DeploymentPhase, deadlineOf } from '../../../src/domain/deployment/deployment.ts';
import { digest } from '../plan-builder.ts';

const plan = digest('1');
const now = { nowMs: 1_000_000, timeoutMs: 600_000 };
const begun = (kind: 'applying' | 'verifying', deadlineMs: number): DeploymentPhase => ({ kind, plan, deadlineMs });

test.each<[string, DeploymentPhase, number]>([
  ['begins now has all of the timeout', { kind: 'queued' }, 1_600_000],
  ['is tried again has all of the timeout', { kind: 'failed', reason: 'x', plan }, 1_600_000],
  ['another process began keeps its deadline', begun('applying', 1_300_000), 1_300_000],
  ['another process wrote keeps its deadline', begun('verifying', 1_300_000), 1_300_000],
  ['is late already is looked at once more', begun('verifying', 900_000), 1_010_000],
  ['a clock was put back for gets no more than the timeout', begun('verifying', 9_000_000), 1_600_000],
])('a deployment that %s', (_, phase, deadlineMs) => {
  expect(deadlineOf(phase, now)).toBe(deadlineMs);
});
