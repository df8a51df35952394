import { describe, expect, test } from 'vitest';
import type { GateDecision } from '../../../src/domain/gate/decision.ts';
import { pullNumber } from '../../../src/domain/identity.ts';
import { groupGateCheck, groupPlanCheck, type MergeGroupView } from '../../../src/domain/report/merge-group-check.ts';
import { blockedGate, openGate, view, waitingGate } from '../plan-builder.ts';

function groupView(gate: GateDecision, overrides: Partial<MergeGroupView> = {}): MergeGroupView {
  const { head, base, outcome } = view({ gate });
  return {
    pulls: [pullNumber(7), pullNumber(8), pullNumber(12)],
    head,
    base,
    outcome,
    gate,
    overrides: [],
    ...overrides,
  };
}

describe('the checks of a merge group', () => {
  test('name its pull requests in the order in which they will be merged', async () => {
    const { conclusion, text } = groupPlanCheck(groupView(openGate()));
    expect(conclusion).toBe('success');
    expect(text.summary).toContain('#7, #8 and #12 merged into `main`');
    await expect(text.summary).toMatchFileSnapshot('./__snapshots__/merge-group-check/plan.md');
  });

  test.each([
    ['open', openGate(), 'success'],
    ['waiting', waitingGate('web@production'), 'action_required'],
    ['blocked', blockedGate('web@production'), 'failure'],
  ] as const)('say of a gate that is %s what can be done', async (name, gate, conclusion) => {
    const check = groupGateCheck(groupView(gate));
    expect(check.conclusion).toBe(conclusion);
    expect(check.text.summary.includes('Nobody can approve the group itself')).toBe(name !== 'open');
    await expect(check.text.summary).toMatchFileSnapshot(`./__snapshots__/merge-group-check/${name}.md`);
  });

  test('are green where nothing of it belongs to a target', () => {
    const nothing = groupView(
      { status: 'open', requirements: [] },
      { outcome: { kind: 'no-changes' }, pulls: [pullNumber(7)] },
    );
    for (const check of [groupPlanCheck(nothing), groupGateCheck(nothing)])
      expect(check).toMatchObject({
        conclusion: 'success',
        text: {
          title: 'No infrastructure changes',
          summary:
            'Nothing that this merge group (#7) changes belongs to a target; nobody has to approve anything here.',
        },
      });
  });

  test('keep to what GitHub takes', () => {
    const gate = waitingGate('web@production');
    const requirements = Array.from({ length: 2000 }, (_, index) => ({
      name: `rule ${index}`,
      status: 'unmet' as const,
      reason: 'x'.repeat(100),
      who: [],
      evidence: [],
      targets: [],
    }));
    const { summary } = groupGateCheck(groupView({ ...gate, requirements })).text;
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(65_535);
  });
});
