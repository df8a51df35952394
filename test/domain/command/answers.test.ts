import { describe, expect, test } from 'vitest';
import { answerComment } from '../../../src/domain/command/answer-comment.ts';
import { maySay } from '../../../src/domain/command/command-right.ts';
import { type CommandName, commands } from '../../../src/domain/command/commands.ts';
import { helpText } from '../../../src/domain/command/help-text.ts';
import { parseCommands } from '../../../src/domain/command/parse-commands.ts';
import { type CommandRefusal, refusalText } from '../../../src/domain/command/refusal-text.ts';
import { decisionOf } from '../../../src/domain/gate/decision.ts';
import { parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import { deployment, digest, head, openGate, requirement, waitingGate } from '../plan-builder.ts';

const payments = parseTargetName('payments@production');

const refusals: readonly CommandRefusal[] = [
  { kind: 'not-permitted', command: 'apply', has: 'read' },
  { kind: 'not-permitted', command: 'plan', has: 'none' },
  { kind: 'permission-unknown', command: 'apply' },
  { kind: 'not-supported', command: 'rollback' },
  { kind: 'malformed', command: 'override', problem: 'say the reason after the rule' },
  { kind: 'unknown-target', unknown: [{ text: 'paymets', nearest: [payments] }], known: 3 },
  { kind: 'unknown-target', unknown: [{ text: 'paymets', nearest: [] }], known: 0 },
  { kind: 'merging-deploys', base: 'main' },
  { kind: 'plan-not-shown', head },
  { kind: 'shown-plan-moved', head },
  { kind: 'gate-closed', missing: [requirement({ name: 'approvals of production', status: 'unmet' })] },
  { kind: 'locked', locked: [{ target: payments, ahead: [pullNumber(7), pullNumber(9)] }], circle: [] },
  { kind: 'locked', locked: [{ target: payments, ahead: [pullNumber(7)] }], circle: [pullNumber(7)] },
  { kind: 'out-of-order', targets: [payments], before: [parseTargetName('payments@staging')] },
  { kind: 'nothing-to-apply' },
  { kind: 'may-not-deploy', reason: 'only what goes into the default branch is applied' },
  { kind: 'no-lock' },
  { kind: 'being-applied', targets: [payments] },
  { kind: 'closed-unmerged', command: 'apply' },
  { kind: 'nothing-held', targets: [payments] },
  { kind: 'nothing-held', targets: [] },
  {
    kind: 'approval-excluded',
    target: payments,
    reason: 'you are the author of #42',
    who: ['people with write access'],
  },
  { kind: 'wrong-place', command: 'apply' },
  { kind: 'plan-moved', command: 'override', target: payments },
  { kind: 'unknown-rule', rule: 'no rule', known: ['approvals', 'destroying data'] },
  { kind: 'unknown-rule', rule: 'approvals', known: [] },
  { kind: 'not-named', rule: 'approvals', who: ['role:admin', 'team:sre'], unknown: [] },
  { kind: 'not-named', rule: 'approvals', who: ['team:sre'], unknown: ['team:sre: the app may not read members'] },
  { kind: 'not-named', rule: 'destroying data', who: [], unknown: [] },
  { kind: 'nothing-shown', command: 'override' },
  { kind: 'head-moved', pull: pullNumber(42) },
  { kind: 'fault', command: 'plan', what: 'the cluster production does not answer' },
];

describe('a refusal', () => {
  test('says why not, and what to do instead', async () => {
    const text = refusals.map((refusal) => `## ${refusal.kind}\n\n${refusalText(refusal)}\n`).join('\n');
    await expect(text).toMatchFileSnapshot('./__snapshots__/refusals.md');
  });

  test('mentions nobody and links nothing that somebody wrote', () => {
    const text = refusalText({
      kind: 'unknown-target',
      unknown: [{ text: '`@kim` #1 https://evil.example', nearest: [] }],
      known: 1,
    });
    expect(text).toBe('No target here matches `` `@kim` #1 https://evil.example ``.');
  });

  test('is no command itself', () => {
    for (const refusal of refusals) expect(parseCommands(refusalText(refusal))).toEqual([]);
  });
});

describe('the answer to a comment', () => {
  test('is the text alone for one command, and names each of several', () => {
    expect(answerComment([{ line: '/apply', text: 'No.' }])).toBe('No.');
    expect(
      answerComment([
        { line: '/apply `x` @kim', text: 'No.' },
        { line: '/cancel', text: 'Not yet.' },
      ]),
    ).toBe('**``/apply `x` @kim``**\n\nNo.\n\n**`/cancel`**\n\nNot yet.');
  });
});

describe('the help', () => {
  test('on an open pull request says what a merge would do and needs', async () => {
    const text = helpText({
      kind: 'open-pull',
      base: 'main',
      targets: [payments],
      gate: waitingGate('payments@production'),
    });
    await expect(text).toMatchFileSnapshot('./__snapshots__/help-open-pull.md');
    expect(parseCommands(text)).toEqual([]);
  });

  test('names every command, and those that are not supported yet as such', () => {
    const text = helpText({ kind: 'closed-pull' });
    for (const command of Object.values(commands)) {
      const row = text.split('\n').find((line) => line.startsWith(`| \`${command.usage}\``));
      expect(row).toBeDefined();
      expect(row?.includes('not supported yet')).toBe(!command.supported);
    }
  });

  test.each([
    [
      { kind: 'open-pull', base: 'main', targets: [payments], gate: openGate() } as const,
      'the gate is open; merging into `main` would deploy 1 target.',
    ],
    [
      { kind: 'open-pull', base: 'main', targets: [], gate: openGate() } as const,
      'nothing here belongs to a target; merging deploys nothing.',
    ],
    [
      {
        kind: 'open-pull',
        base: 'main',
        targets: [payments],
        gate: decisionOf([requirement({ name: 'applied', status: 'met' })]),
      } as const,
      'the gate is open; what it changes is applied already, and merging into `main` changes nothing more.',
    ],
    [
      {
        kind: 'open-pull',
        base: 'main',
        targets: [payments],
        gate: decisionOf([requirement({ name: 'applied', status: 'unmet' })]),
      } as const,
      'the gate is waiting; when nothing but *applied* is missing, `/apply` applies 1 target, before the merge.',
    ],
    [{ kind: 'open-pull', base: 'main', targets: [], gate: undefined } as const, 'the plan is being made'],
    [
      {
        kind: 'merged-pull',
        deployments: [deployment('payments@production', { kind: 'applying', plan: digest('1'), deadlineMs: 600_000 })],
      } as const,
      '| `payments@production` | 🔄 applying |',
    ],
    [{ kind: 'merged-pull', deployments: [] } as const, 'nothing of this pull request is deployed.'],
    [{ kind: 'closed-pull' } as const, 'closed without a merge'],
    [
      { kind: 'hold', target: payments, phase: { kind: 'held', reasons: [], plan: digest('1') } } as const,
      '`/apply` approves exactly the plan above.',
    ],
    [
      { kind: 'hold', target: payments, phase: { kind: 'failed', reason: 'x', plan: undefined } } as const,
      '`/apply` tries it again.',
    ],
  ])('says what would happen now (%#)', (situation, expected) => {
    expect(helpText(situation)).toContain(expected);
  });
});

describe('who may say a command', () => {
  test.each<[CommandName, Parameters<typeof maySay>[1], boolean]>([
    ['apply', { permission: 'write', authorFromOwnBranch: false }, true],
    ['apply', { permission: 'admin', authorFromOwnBranch: false }, true],
    ['apply', { permission: 'triage', authorFromOwnBranch: true }, false],
    ['plan', { permission: 'read', authorFromOwnBranch: true }, true],
    ['plan', { permission: 'read', authorFromOwnBranch: false }, false],
    ['help', { permission: 'none', authorFromOwnBranch: false }, true],
    ['override', { permission: 'none', authorFromOwnBranch: false }, true],
  ])('/%s by %j: %s', (name, speaker, allowed) => {
    expect(maySay(commands[name], speaker)).toBe(allowed);
  });
});
