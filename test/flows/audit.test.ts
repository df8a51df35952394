import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuditLog } from '../../src/adapters/postgres/audit-log.ts';
import type { AuditEntry } from '../../src/domain/audit/audit-chain.ts';
import { entryLine } from '../../src/domain/report/audit-text.ts';
import type { AuditLog } from '../../src/flows/ports/audit-log.ts';
import { verifyAudit } from '../../src/flows/verify-audit.ts';
import { quietLog } from '../contracts/quiet-log.ts';
import { repo } from '../e2e/stage.ts';
import { configMap, type DeployStory, startStory } from './deploy-story.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

describe('the audit of a change', () => {
  let deploy: DeployStory;
  let story: PullRequestStory;
  let pull: Pull;
  let entries: readonly AuditEntry[];
  let review: number;

  const read = <Result>(use: (log: AuditLog) => Promise<Result>) =>
    readAuditLog({ dataDirectory: deploy.stage.dataDirectory, log: quietLog() }, use);
  const of = (kind: string) => entries.filter((entry) => entry.kind === kind);
  const secret = (value: string) =>
    `${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' }, stringData: { token: value } })}\n`;

  beforeAll(async () => {
    deploy = await startStory();
    story = new PullRequestStory(deploy.stage);
    pull = await story.open({
      title: 'Louder',
      files: {
        'apps/web/staging/settings.yaml': configMap('web', { level: 'loud' }),
        'apps/web/staging/secret.yaml': secret('canary-value-of-a-secret'),
      },
    });
    await story.gate(pull, { conclusion: 'action_required' });
    await story.say(pull, 'carol', '/plan');
    await story.review(pull, 'carol');
    review = await story.review(pull, 'bob');
    await story.gate(pull, { conclusion: 'success' });
    const merged = await deploy.merge(pull);
    await deploy.ended(merged, 'planwright/deploy', 'success');
    await story.quiet();
    entries = await read((log) => Array.fromAsync(log.entries({ repository: repo })));
  });
  afterAll(() => deploy.stage.close());

  it('has every step that was taken, in a chain that holds', async () => {
    expect(await read((log) => verifyAudit(log, []))).toMatchObject({ kind: 'intact' });
    const kinds = entries.map(({ kind }) => kind);
    expect(kinds.filter((kind, index) => kinds.indexOf(kind) === index)).toEqual([
      'plan',
      'decision',
      'command',
      'merge',
      'apply',
      'deployed',
    ]);
  });

  it('says of a decision on what it was made: plans, reviews by id and commit, permissions, who pushed', () => {
    const facts = of('decision').at(-1)?.facts;
    expect(facts).toMatchObject({
      status: 'open',
      head: pull.head,
      requirements: [
        { name: 'plan is current', status: 'met' },
        { name: 'approvals of staging', status: 'met' },
      ],
      inputs: {
        plans: [{ target: 'web@staging', digest: expect.stringMatching(/^[0-9a-f]{64}$/), approvals: 1 }],
        reviews: [
          { by: { login: 'carol' }, state: 'approved', commit: pull.head },
          { id: review, by: { login: 'bob' }, state: 'approved', commit: pull.head },
        ],
        permissions: { bob: 'write', carol: 'read' },
        contributors: { author: { login: 'alice' }, lastPusher: { login: 'alice' } },
      },
    });
  });

  it('has another decision only when something that it was made on is another', () => {
    const decisions = of('decision').map(({ facts }) => JSON.stringify(facts));
    expect(new Set(decisions).size).toBe(decisions.length);
    expect(decisions.length).toBeGreaterThanOrEqual(2);
    expect(decisions.length).toBeLessThanOrEqual(4);
  });

  it('says of a refused command who said what, and why nothing was done', () => {
    expect(of('command').map(({ facts }) => facts)).toMatchObject([
      { by: { login: 'carol' }, lines: [{ command: 'plan', line: '/plan', refused: 'not-permitted' }] },
    ]);
  });

  it('says of the merge and of the apply whose approvals counted', () => {
    expect(of('merge')).toMatchObject([
      { subject: `#${pull.number}`, facts: { approvals: [{ by: { login: 'bob' }, permission: 'write' }] } },
    ]);
    expect(of('apply').find(({ facts }) => 'decidedOn' in Object(facts))).toMatchObject({
      subject: 'web@staging',
      facts: { decidedOn: { approvalsNeeded: 1, approvalsOverridden: false, atMerge: [{ by: { login: 'bob' } }] } },
    });
  });

  it('holds no secret, neither what was deployed nor a token of GitHub', () => {
    const text = entries.map(entryLine).join('\n');
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from('canary-value-of-a-secret').toString('base64'));
    expect(text).not.toMatch(/\bghs_|PRIVATE KEY|Bearer /);
  });
});
