import { describe, expect, test } from 'vitest';
import type { FailureDetails } from '../../../src/domain/deployment/failure.ts';
import { parseTargetName } from '../../../src/domain/identity.ts';
import { failureSections, foldedFailures } from '../../../src/domain/report/failure-report.ts';
import { utf8Bytes } from '../../../src/domain/report/text-size.ts';
import { digest, object } from '../plan-builder.ts';

const crashed: FailureDetails = {
  object: object('apps/Deployment', 'shop/web'),
  pod: {
    name: 'web-7d9-x2x',
    container: 'web',
    state:
      'waiting, CrashLoopBackOff: back-off 40s restarting failed container (restarted 3 times); its last run ended with status 1',
  },
  events: [
    {
      about: 'Pod web-7d9-x2x',
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting failed container',
      count: 12,
    },
    {
      about: 'Deployment web',
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: 'Scaled up replica set web-7d9 from 0 to 1',
      count: 1,
    },
  ],
  log: { container: 'web', previous: true, lines: ['starting', 'cannot reach db.test: (masked)', 'exit 1'] },
  unread: [],
};
const unread: FailureDetails = {
  object: object('batch/Job', 'shop/migrate'),
  pod: { name: 'migrate-1', container: undefined, state: 'Pending: 0/2 nodes are available' },
  events: [],
  unread: ['events could not be read: staging: list of events: events is forbidden'],
};
const hostile: FailureDetails = {
  object: object('apps/Deployment', 'shop/evil'),
  events: [
    {
      about: 'Pod x',
      type: 'Warning',
      reason: 'x',
      message: '``` @olga <!-- planwright:plan --> \u001b[31m',
      count: 1,
    },
  ],
  log: { container: '`', previous: false, lines: Array.from({ length: 20 }, () => '\u202e'.repeat(400)) },
  unread: ['@olga </details> #1'],
};
const failed = (target: string, details: readonly FailureDetails[]) => ({
  target: parseTargetName(target),
  environment: 'staging',
  phase: { kind: 'failed', reason: 'x', plan: digest('1'), details } as const,
});

describe('what the cluster says of a failure', () => {
  test('is its pod, its events and the end of its log, as people read it', async () => {
    await expect(failureSections([crashed, unread]).join('\n')).toMatchFileSnapshot(
      './__snapshots__/failure-report/sections.md',
    );
  });

  test('is folded where there is a table before it', async () => {
    await expect(foldedFailures([failed('web@staging', [crashed])], 30_000).join('\n')).toMatchFileSnapshot(
      './__snapshots__/failure-report/folded.md',
    );
  });

  test('is left out where nothing is known', () => {
    expect(failureSections([{ object: crashed.object, events: [], unread: [] }])).toEqual([]);
  });

  test('says so when a container wrote nothing', () => {
    const silent = { ...crashed, log: { container: 'web', previous: false, lines: [] } };
    expect(failureSections([silent]).join('\n')).toContain('Container `web` wrote no log.');
  });

  test('neither ends its block nor mentions anybody, and stays small', () => {
    const text = failureSections([hostile]).join('\n');
    expect(text).not.toContain('<!--');
    for (const hidden of ['\u001b', '\u202e']) expect(text).not.toContain(hidden);
    expect(text).toContain('````text\n');
    expect(text).toContain('`@olga`');
    expect(utf8Bytes(text)).toBeLessThan(10_000);
  });

  test('is whole or not at all, and says how much was left out', () => {
    const folded = foldedFailures([failed('a@staging', [crashed, crashed]), failed('b@staging', [crashed])], 1_400);
    const text = folded.join('\n');
    expect(text.match(/<details>/g)).toHaveLength(2);
    expect(text.match(/<\/details>/g)).toHaveLength(2);
    expect(text).toContain('What the cluster says of 1 more object did not fit here.');
  });
});
