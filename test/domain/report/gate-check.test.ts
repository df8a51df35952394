import { describe, expect, test } from 'vitest';
import { decisionOf } from '../../../src/domain/gate/decision.ts';
import { gateCheck } from '../../../src/domain/report/gate-check.ts';
import { inProgress } from '../../../src/domain/report/in-progress.ts';
import { blockedGate, head, openGate, requirement, view, waitingGate } from '../plan-builder.ts';

function shown(check: ReturnType<typeof gateCheck>): string {
  return `conclusion: ${check.conclusion}\ntitle: ${check.text.title}\n\n${check.text.summary}\n`;
}

describe('planwright/gate', () => {
  test('is green when every requirement is met', async () => {
    await expect(shown(gateCheck(view({ gate: openGate() })))).toMatchFileSnapshot(
      './__snapshots__/gate-check/open.md',
    );
  });

  test('asks for action while approvals are missing, and says who could give them', async () => {
    await expect(shown(gateCheck(view({ gate: waitingGate('web@production') })))).toMatchFileSnapshot(
      './__snapshots__/gate-check/waiting.md',
    );
  });

  test('fails when no approval helps', async () => {
    await expect(shown(gateCheck(view({ gate: blockedGate('web@production') })))).toMatchFileSnapshot(
      './__snapshots__/gate-check/blocked.md',
    );
  });

  test('says that nothing changes where nothing does', () => {
    const check = gateCheck(view({ outcome: { kind: 'no-changes' }, gate: decisionOf([]) }));
    expect(check).toMatchObject({ conclusion: 'success', text: { title: 'No infrastructure changes' } });
  });

  test('stays blocked where nothing changes but something is denied', () => {
    const gate = decisionOf([
      requirement({ name: 'configuration', status: 'failed', reason: 'the base has an invalid file' }),
    ]);
    const check = gateCheck(view({ outcome: { kind: 'no-changes' }, gate }));
    expect(check).toMatchObject({ conclusion: 'failure', text: { title: 'Blocked by configuration' } });
  });

  test('mentions nobody that a reason or an evidence names', () => {
    const gate = decisionOf([
      requirement({
        status: 'unmet',
        reason: '@kim must approve #12',
        who: ['team:sre', '@acme/sre'],
        evidence: ['@robin: `x` <b>'],
      }),
    ]);
    const { summary } = gateCheck(view({ gate })).text;
    expect(summary.replace(/`[^`]*`/g, '')).not.toMatch(/@|#\d|</);
  });
});

describe('a check in progress', () => {
  test.each(['planwright/plan', 'planwright/gate', 'planwright/deploy'] as const)(
    '%s says what it is doing',
    (name) => {
      expect(inProgress(name, head)).toMatchSnapshot();
    },
  );
});
