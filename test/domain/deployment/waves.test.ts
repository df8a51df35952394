import { describe, expect, test } from 'vitest';
import { type Deployment, type DeploymentPhase, isEnded } from '../../../src/domain/deployment/deployment.ts';
import { decideWave } from '../../../src/domain/deployment/waves.ts';
import { commitSha, parseTargetName, pullNumber, repositoryId, targetParts } from '../../../src/domain/identity.ts';
import { digest, mergeCommit } from '../plan-builder.ts';

const plan = digest('aaaa');
const phases: readonly DeploymentPhase[] = [
  { kind: 'queued' },
  { kind: 'waiting', reason: 'after web@staging' },
  { kind: 'held', reasons: ['1 effect that nobody approved'], plan },
  { kind: 'applying', plan, deadlineMs: 600_000 },
  { kind: 'verifying', plan, deadlineMs: 1 },
  { kind: 'succeeded', plan, written: 1 },
  { kind: 'failed', reason: 'no', plan },
  { kind: 'superseded', by: commitSha('c9f0f895fb98ab9159f51fd0297e236d5e6f7a8b') },
  { kind: 'cancelled', reason: 'no' },
];
const phaseOf = (kind: DeploymentPhase['kind']): DeploymentPhase => {
  const found = phases.find((phase) => phase.kind === kind);
  if (found === undefined) throw new Error(`no phase ${kind}`);
  return found;
};

function deployment(name: string, kind: DeploymentPhase['kind'] = 'queued'): Deployment {
  const target = parseTargetName(name);
  return {
    id: 1,
    repository: repositoryId(42),
    pull: pullNumber(12),
    target,
    environment: targetParts(target).environment,
    commit: mergeCommit,
    sequence: 1,
    phase: phaseOf(kind),
  };
}

const production = { after: ['staging'] };
const own = deployment('web@production');

describe('a wave', () => {
  test.each<[DeploymentPhase['kind'], string]>([
    ['queued', 'wait'],
    ['waiting', 'wait'],
    ['held', 'wait'],
    ['applying', 'wait'],
    ['verifying', 'wait'],
    ['succeeded', 'go'],
    ['superseded', 'go'],
    ['failed', 'halted'],
    ['cancelled', 'halted'],
  ])('after one that is %s: %s', (kind, decision) => {
    expect(decideWave(own, production, [own, deployment('web@staging', kind)]).kind).toBe(decision);
  });

  test('waits for every target of the environments before it, and names those that are open', () => {
    const before = [
      deployment('web@staging', 'succeeded'),
      deployment('api@staging', 'verifying'),
      deployment('db@qa', 'queued'),
    ];
    expect(decideWave(own, { after: ['staging', 'qa'] }, [own, ...before])).toEqual({
      kind: 'wait',
      reason: 'after api@staging, db@qa',
    });
  });

  test('is halted by a failure, though others are still under way', () => {
    const before = [deployment('web@staging', 'failed'), deployment('api@staging', 'queued')];
    expect(decideWave(own, production, before)).toEqual({ kind: 'halted', reason: 'web@staging did not succeed' });
  });

  test('goes when this merge has no target in those environments', () => {
    expect(decideWave(own, production, [own, deployment('web@qa', 'failed')])).toEqual({ kind: 'go' });
    expect(decideWave(own, production, [])).toEqual({ kind: 'go' });
  });

  test('does not wait for its own environment, nor where none is named', () => {
    expect(
      decideWave(own, { after: [] }, [
        own,
        deployment('api@production', 'failed'),
        deployment('web@staging', 'queued'),
      ]),
    ).toEqual({ kind: 'go' });
    expect(decideWave(own, undefined, [deployment('web@staging', 'queued')])).toEqual({ kind: 'go' });
  });
});

test('a deployment has ended when no step follows by itself', () => {
  expect(phases.filter(isEnded).map((phase) => phase.kind)).toEqual(['succeeded', 'failed', 'superseded', 'cancelled']);
});
