import { describe, expect, test } from 'vitest';
import type { DeploymentPhase } from '../../../src/domain/deployment/deployment.ts';
import { deployCheck } from '../../../src/domain/report/deploy-check.ts';
import { deploymentStatus } from '../../../src/domain/report/deployment-status.ts';
import { deployment, digest, head, mergeCommit } from '../plan-builder.ts';

const context = { commit: mergeCommit };
const plan = digest('3b1f0c9d5e7a');
const phases = {
  queued: { kind: 'queued' },
  waiting: { kind: 'waiting', reason: 'staging is not healthy yet' },
  held: {
    kind: 'held',
    reasons: ['spec.replicas of Deployment web/frontend was changed on the cluster after the approval'],
    plan,
  },
  applying: { kind: 'applying', plan, deadlineMs: 600_000 },
  verifying: { kind: 'verifying', plan, deadlineMs: 1_760_000_000_000 },
  succeeded: { kind: 'succeeded', plan, written: 3 },
  failed: { kind: 'failed', reason: 'Deployment web/frontend did not become ready in 10m', plan },
  superseded: { kind: 'superseded', by: head },
  cancelled: { kind: 'cancelled', reason: '@kim said /cancel' },
} as const satisfies Record<string, DeploymentPhase>;

type Phase = keyof typeof phases;

function targets(...kinds: readonly Phase[]) {
  return kinds.map((kind, index) => deployment(`stack-${index}@production`, phases[kind]));
}

describe('planwright/deploy', () => {
  test.each<[Phase[], string | undefined]>([
    [['succeeded', 'succeeded'], 'success'],
    [['succeeded', 'superseded'], 'neutral'],
    [['superseded', 'cancelled'], 'cancelled'],
    [['cancelled', 'held'], 'action_required'],
    [['held', 'failed', 'succeeded'], 'failure'],
    [['applying', 'failed'], undefined],
    [['verifying', 'succeeded'], undefined],
    [['queued', 'held'], undefined],
    [['waiting', 'succeeded'], undefined],
    [['waiting', 'held'], 'action_required'],
    [['waiting', 'failed'], 'failure'],
  ])('of %j concludes %s', (kinds, conclusion) => {
    expect(deployCheck(targets(...kinds), context).conclusion).toBe(conclusion);
  });

  test('lists every target, worst first, with its reason and issue', async () => {
    const deployments = [
      ...targets('succeeded', 'superseded', 'cancelled', 'failed'),
      deployment('web@production', phases.held, { issue: 51 }),
    ];
    const { conclusion, text } = deployCheck(deployments, context);
    await expect(`conclusion: ${conclusion}\ntitle: ${text.title}\n\n${text.summary}\n`).toMatchFileSnapshot(
      './__snapshots__/deploy-check/ended.md',
    );
  });

  test('counts what is done while it runs', () => {
    expect(deployCheck(targets('succeeded', 'applying', 'queued'), context).text.title).toBe(
      'Deploying: 1 of 3 targets done',
    );
  });

  test('is neutral, with the reason, where nothing may be deployed', () => {
    const check = deployCheck([], {
      ...context,
      nothingMayBeDeployed: 'no server setting lets acme/infra deploy to production',
    });
    expect(check).toEqual({
      conclusion: 'neutral',
      text: {
        title: 'Nothing may be deployed here',
        summary: 'no server setting lets acme/infra deploy to production',
      },
    });
  });

  test('succeeds when the merge changes no target', () => {
    expect(deployCheck([], context).conclusion).toBe('success');
  });
});

describe('the status of a GitHub deployment', () => {
  test.each<[Phase[], string, string]>([
    [['queued'], 'queued', 'queued'],
    [['waiting'], 'queued', 'waiting: staging is not healthy yet'],
    [['succeeded', 'applying'], 'in_progress', 'applying (stack-1@production)'],
    [['verifying'], 'in_progress', 'applied, waiting until it is healthy'],
    [['succeeded', 'succeeded'], 'success', 'deployed 2 targets'],
    [['succeeded', 'superseded'], 'success', 'deployed 1 of 2 targets'],
    [['failed', 'held'], 'failure', 'failed: Deployment web/frontend did not become ready in 10m (stack-0@production)'],
    [['superseded'], 'inactive', 'superseded by 8f14e45fceea'],
    [['cancelled'], 'inactive', 'cancelled: @kim said /cancel'],
  ])('of %j is %s', (kinds, state, description) => {
    expect(deploymentStatus(targets(...kinds))).toEqual({ state, description });
  });

  test('of a hold is pending, says so first and stays within 140 characters', () => {
    const { state, description } = deploymentStatus([
      deployment('web@production', { kind: 'held', reasons: ['reason '.repeat(60)], plan }),
    ]);
    expect(state).toBe('pending');
    expect(description).toMatch(/^held: reason .*…$/);
    expect(description).toHaveLength(140);
  });
});
