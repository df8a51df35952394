import { describe, expect, test } from 'vitest';
import { parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import { closedHoldIssue, type HoldView, holdIssue, holdMarker } from '../../../src/domain/report/hold-issue.ts';
import { utf8Bytes } from '../../../src/domain/report/text-size.ts';
import { digest, effect, json, mergeCommit, object, person, plan, planUrl } from '../plan-builder.ts';

const image = 'spec.template.spec.containers[name=web].image';

const approvedImage = effect({ path: image, before: json('acme/web:1.8.2'), after: json('acme/web:1.9.0') });
const unapproved = [
  effect({ before: json(5) }),
  effect({
    object: object('ConfigMap', 'web/settings'),
    action: 'delete',
    path: 'data.REGION',
    before: json('eu-west-1'),
    after: { kind: 'absent' },
  }),
  effect({
    object: object('Secret', 'web/database'),
    path: 'data.password',
    before: { kind: 'secret', hmac: 'aa11' },
    after: { kind: 'secret', hmac: 'bb22' },
  }),
  effect({ path: 'spec.paused', before: { kind: 'absent' }, after: json(true) }),
];

function hold(overrides: Partial<HoldView> = {}): HoldView {
  return {
    target: parseTargetName('web@production'),
    phase: {
      kind: 'held',
      reasons: ['2 effects of the current plan are not approved: somebody changed the cluster in between'],
      plan: digest('9c0d1e2f3a4b'),
    },
    pull: pullNumber(42),
    commit: mergeCommit,
    author: person('robin'),
    mergedBy: person('kim'),
    deciders: ['people with write access, but robin'],
    approved: [effect(), approvedImage, effect({ path: 'spec.paused', before: { kind: 'absent' }, after: json(true) })],
    plan: plan({ digest: digest('9c0d1e2f3a4b'), effects: [effect()], moves: [...unapproved, approvedImage] }),
    uncovered: {
      unapproved,
      missing: [
        effect({
          object: object('Service', 'web/frontend'),
          path: 'spec.ports[0].port',
          before: json(80),
          after: json(8080),
        }),
      ],
    },
    planUrl,
    ...overrides,
  };
}

function shown(issue: { readonly title: string; readonly body: string }): string {
  return `title: ${issue.title}\n\n${issue.body}\n`;
}

describe('the issue of a deployment that needs a person', () => {
  test('shows the difference between what was approved and what would be applied', async () => {
    const issue = holdIssue(hold());
    await expect(shown(issue)).toMatchFileSnapshot('./__snapshots__/hold-issue/held.md');
    expect(issue.title).toBe('web@production: deployment held');
    expect(issue.body).not.toMatch(/aa11|bb22/);
  });

  test('tells a failure with its reason', async () => {
    const { uncovered: _covered, ...covered } = hold();
    const failed: HoldView = {
      ...covered,
      phase: {
        kind: 'failed',
        reason: 'Deployment web/frontend did not become ready in 10m: image acme/web:1.9.0 cannot be pulled',
        plan: digest('9c0d1e2f3a4b'),
      },
    };
    await expect(shown(holdIssue(failed))).toMatchFileSnapshot('./__snapshots__/hold-issue/failed.md');
  });

  test('says what became of it when it is closed', async () => {
    const closed = closedHoldIssue(hold(), { kind: 'succeeded', plan: digest('9c0d1e2f3a4b'), written: 2 }, 'held');
    await expect(shown(closed)).toMatchFileSnapshot('./__snapshots__/hold-issue/closed.md');
  });

  test('mentions author and merger once each, and no bot', () => {
    expect(
      holdIssue(hold({ mergedBy: person('robin') }))
        .body.replace(/`[^`]*`/g, '')
        .match(/@\w+/g),
    ).toEqual(['@robin']);
    expect(holdIssue(hold({ author: person('renovate', { bot: true }) })).body).toContain('`renovate`, @kim');
    expect(holdIssue(hold({ author: person('x @all') })).body).toContain('`x @all`, @kim');
  });

  test('has a marker of its own for every target', () => {
    const names = ['a@b', 'a-->@b', 'a--@b', 'ä@b', 'a%40@b', 'a b@c'];
    const markers = names.map((name) => holdMarker(parseTargetName(name)));
    expect(new Set(markers).size).toBe(names.length);
    for (const marker of markers) expect(marker).toMatch(/^<!-- planwright:held:[\w.~%!*'()]+ -->$/);
  });

  test('does not bring the marker of another target along in a value', () => {
    const other = holdMarker(parseTargetName('payments@production'));
    const { body } = holdIssue(
      hold({
        deciders: [other],
        uncovered: { unapproved: [effect({ path: other, after: json(other) })], missing: [] },
      }),
    );
    expect(body).not.toContain(other);
  });

  test('fits the limit and keeps what is deleted', () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      effect({ object: object('ConfigMap', `web/c-${index}`), path: 'data.x', after: json('y'.repeat(200)) }),
    );
    const last = effect({
      object: object('Namespace', 'web'),
      action: 'delete',
      path: 'metadata.name',
      before: json('web'),
      after: { kind: 'absent' },
    });
    const { body } = holdIssue(
      hold({
        approved: [],
        phase: { kind: 'held', reasons: Array.from({ length: 500 }, () => '\u0000'.repeat(2_000)), plan: digest('1') },
        uncovered: { unapproved: [...many, last], missing: [] },
      }),
    );
    expect(utf8Bytes(body)).toBeLessThanOrEqual(65_000);
    expect(body).toContain('@@ delete Namespace web @@');
    expect(body).toMatch(/more objects did not fit here/);
  });
});
