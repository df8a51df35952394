import { describe, expect, test } from 'vitest';
import { commitSha, pullNumber } from '../../../src/domain/identity.ts';
import { planComment, planCommentMarker } from '../../../src/domain/report/plan-comment.ts';
import { utf8Bytes } from '../../../src/domain/report/text-size.ts';
import {
  absent,
  blockedGate,
  change,
  createdConfigMap,
  deletedClaim,
  deployment,
  difference,
  digest,
  object,
  person,
  plan,
  planned,
  problem,
  secret,
  text,
  view,
  waitingGate,
} from '../plan-builder.ts';

function snapshot(name: string): string {
  return `./__snapshots__/plan-comment/${name}.md`;
}

describe('the comment of a pull request', () => {
  test('shows two environments of one change, with what the merge still needs', async () => {
    const comment = planComment(
      view({
        outcome: planned([plan({ name: 'web@staging', digest: digest('77aa01b2c3d4') }), plan()]),
        gate: waitingGate('web@production'),
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('two-environments'));
  });

  test('says what was overridden, by whom and why, and what no longer counts', async () => {
    const shown = plan();
    const said = { person: person('olga'), sources: ['role:admin'], comment: 1 } as const;
    const comment = planComment(
      view({
        outcome: planned([shown]),
        overrides: [
          {
            ...said,
            of: { kind: 'rule', name: 'no public *load* balancers', origin: 'repository' },
            plans: [digest('9c0d')],
            reason: 'agreed with @acme/sre, see #12 <img src=x>',
          },
          {
            ...said,
            of: { kind: 'approvals', environment: 'production' },
            plans: [shown.digest],
            reason: 'production is down',
          },
        ],
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('overridden'));
  });

  test('puts what destroys first, by name', async () => {
    const replaced = change({
      object: object('batch/Job', 'payments/migrate'),
      action: 'replace',
      danger: 'replaces it: spec.template is immutable',
      differences: [
        difference('spec.template.spec.containers[name=migrate].image', text('acme/migrate:7'), text('acme/migrate:8')),
      ],
    });
    const comment = planComment(
      view({
        outcome: planned([
          plan({ changes: [createdConfigMap('web/settings'), change()] }),
          plan({
            name: 'payments@production',
            digest: digest('9c0d1e2f3a4b'),
            changes: [
              change({
                object: object('Service', 'payments/api'),
                differences: [difference('spec.ports[0].port', text('80'), text('8080'))],
              }),
              replaced,
              deletedClaim('payments/ledger'),
            ],
          }),
        ]),
        gate: waitingGate('payments@production', 'web@production'),
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('destructive-first'));
    expect(comment.indexOf('delete PersistentVolumeClaim')).toBeLessThan(comment.indexOf('replace Job'));
    expect(comment.indexOf('replace Job')).toBeLessThan(comment.indexOf('update Service'));
  });

  test('says of an adoption that the whole stack is planned', async () => {
    const adopted = change({
      object: object('Service', 'shop/cart'),
      differences: [difference('spec.selector.app', text('cart-v1'), text('cart'))],
      notes: [
        'adopted: it exists already and belongs to this target from now on',
        'owned so far by helm: spec.selector',
      ],
    });
    const comment = planComment(
      view({
        outcome: planned([
          plan({ name: 'shop@production', kind: 'adoption', changes: [adopted, createdConfigMap('shop/settings')] }),
        ]),
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('adoption'));
  });

  test('says of a removal that everything goes', async () => {
    const comment = planComment(
      view({
        outcome: planned([
          plan({
            name: 'legacy@production',
            kind: 'removal',
            changes: [
              change({
                object: object('ConfigMap', 'legacy/settings'),
                action: 'delete',
                danger: 'deletes the object',
                differences: manyFields(16),
              }),
              deletedClaim('legacy/data'),
            ],
          }),
        ]),
        gate: waitingGate('legacy@production'),
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('removal'));
  });

  test('shows of a secret only that it changes', async () => {
    const rotated = change({
      object: object('Secret', 'web/database'),
      differences: [
        difference('data.password', secret, secret),
        difference('data.user', absent, secret),
        difference('data.old', secret, absent),
      ],
    });
    const comment = planComment(view({ outcome: planned([plan({ changes: [rotated] })]) }));
    await expect(comment).toMatchFileSnapshot(snapshot('secrets'));
  });

  test('tells drift and pending moves from those of this pull request', async () => {
    const mixed = change({
      differences: [
        difference('spec.replicas', text('5'), text('3'), { kind: 'drift' }),
        difference('spec.template.spec.containers[name=web].image', text('acme/web:1.8.2'), text('acme/web:1.9.0'), {
          kind: 'pending',
          pulls: [pullNumber(38), pullNumber(40)],
        }),
        difference('spec.template.spec.containers[name=web].image', text('acme/web:1.9.0'), text('acme/web:2.0.0')),
        difference('spec.progressDeadlineSeconds', absent, text('600'), { kind: 'server' }),
        difference('spec.revisionHistoryLimit', absent, text('10'), { kind: 'server' }),
        difference('spec.strategy.type', absent, text('RollingUpdate'), { kind: 'server' }),
        difference('spec.template.spec.dnsPolicy', absent, text('ClusterFirst'), { kind: 'server' }),
        difference('spec.template.spec.restartPolicy', absent, text('Always'), { kind: 'server' }),
      ],
    });
    await expect(planComment(view({ outcome: planned([plan({ changes: [mixed] })]) }))).toMatchFileSnapshot(
      snapshot('drift-and-pending'),
    );
  });

  test('says why a prediction is less sure', async () => {
    const changes = [
      change({ confidence: { level: 'schema', reason: 'the webhook policy.acme.io does not support dry-run' } }),
      change({
        object: object('acme.io/Widget', 'web/first'),
        action: 'create',
        differences: [difference('spec.size', absent, text('3'))],
        confidence: { level: 'rendered', reason: 'its CustomResourceDefinition is part of the same change' },
      }),
    ];
    await expect(planComment(view({ outcome: planned([plan({ changes })]) }))).toMatchFileSnapshot(
      snapshot('less-sure'),
    );
  });

  test('compares long texts line by line, with context', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `setting_${index} = ${index}`);
    const edited = lines.with(12, 'setting_12 = 99').toSpliced(25, 1);
    const changes = [
      change({
        object: object('ConfigMap', 'web/nginx'),
        differences: [difference('data.nginx.conf', text(`${lines.join('\n')}\n`), text(`${edited.join('\n')}\n`))],
      }),
    ];
    await expect(planComment(view({ outcome: planned([plan({ changes })]) }))).toMatchFileSnapshot(
      snapshot('long-texts'),
    );
  });

  test('names the files of a conflict', async () => {
    const comment = planComment(
      view({
        outcome: {
          kind: 'conflict',
          files: ['apps/web/overlays/production/deployment.yaml', 'apps/web/base/service.yaml'],
        },
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('conflict'));
  });

  test('says what is invalid and where', async () => {
    const outcome = {
      kind: 'invalid' as const,
      problems: [
        problem('unknown key `enviroments`; did you mean `environments`?', { path: '.github/planwright.yml', line: 3 }),
      ],
    };
    await expect(planComment(view({ outcome }))).toMatchFileSnapshot(snapshot('invalid'));
  });

  test('shows a failed target beside one that could be planned', async () => {
    const failed = plan({
      name: 'payments@production',
      digest: digest('9c0d1e2f3a4b'),
      changes: [],
      complete: false,
      problems: [
        problem('Deployment payments/api is refused: spec.template.spec.containers[0].image: Required value', {
          path: 'apps/payments/api.yaml',
          line: 14,
        }),
      ],
    });
    await expect(
      planComment(view({ outcome: planned([plan(), failed]), gate: blockedGate('payments@production') })),
    ).toMatchFileSnapshot(snapshot('failed-target'));
  });

  test('says of a fork that no cluster was asked', async () => {
    const offline = planned(
      [plan({ changes: [change({ confidence: { level: 'rendered', reason: 'no cluster was asked' } })] })],
      { offline: true },
    );
    await expect(planComment(view({ outcome: offline }))).toMatchFileSnapshot(snapshot('fork'));
  });

  test('says that nothing changes when nothing matches any more', async () => {
    await expect(planComment(view({ outcome: { kind: 'no-changes' } }))).toMatchFileSnapshot(snapshot('no-changes'));
  });

  test('has the deployments on top after the merge', async () => {
    const comment = planComment(
      view({
        outcome: planned([plan({ name: 'web@staging', digest: digest('77aa01b2c3d4') }), plan()]),
        deployments: [
          deployment('web@staging', { kind: 'succeeded', plan: digest('77aa01b2c3d4'), written: 3 }),
          deployment(
            'web@production',
            {
              kind: 'held',
              reasons: ['spec.replicas of Deployment web/frontend was changed on the cluster after the approval'],
              plan: digest('3b1f0c9d5e7a'),
            },
            { issue: 43 },
          ),
        ],
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('after-the-merge'));
  });

  test('keeps what is dangerous when 200 objects do not fit', async () => {
    const large = Array.from({ length: 200 }, (_, index) =>
      change({
        object: object('ConfigMap', `web/settings-${index}`),
        action: index % 4 === 0 ? 'update' : 'create',
        differences: manyFields(20).map((field) => ({
          ...field,
          before: index % 4 === 0 ? field.before : absent,
          after: text('x'.repeat(30)),
        })),
      }),
    );
    const comment = planComment(
      view({
        outcome: planned([
          plan({ changes: [...large, deletedClaim('web/uploads')] }),
          plan({ name: 'api@production', digest: digest('12ab') }),
        ]),
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('overflow'));
    expect(utf8Bytes(comment)).toBeLessThanOrEqual(65_000);
    expect(utf8Bytes(comment)).toBeGreaterThan(50_000);
    expect(comment).toContain('@@ delete PersistentVolumeClaim web/uploads @@');
    expect(comment).toContain('@@ update Deployment web/frontend @@');
  });

  test('stays within the limit with 2,000 targets and long names', () => {
    const plans = Array.from({ length: 2_000 }, (_, index) =>
      plan({ name: `${'ü'.repeat(80)}${index}@production`, changes: [deletedClaim(`web/${'n'.repeat(200)}${index}`)] }),
    );
    const comment = planComment(
      view({ outcome: planned(plans), gate: waitingGate(...plans.map((each) => each.target)) }),
    );
    expect(utf8Bytes(comment)).toBeLessThanOrEqual(65_000);
    expect(comment).toContain('more target');
    expect(comment).toContain('@@ delete PersistentVolumeClaim');
  });

  test('leaves out what stays as it is, unless something is said about it', () => {
    const same = { action: 'no-op' as const, differences: [] };
    const quiet = change({ ...same, object: object('ConfigMap', 'web/quiet') });
    const noted = change({ ...same, object: object('ConfigMap', 'web/noted'), notes: ['adopted: nothing changes'] });
    const comment = planComment(view({ outcome: planned([plan({ changes: [quiet, noted] })]) }));
    expect(comment).not.toContain('web/quiet');
    expect(comment).toContain('@@ no-op ConfigMap web/noted @@\n# adopted: nothing changes');
  });

  test('begins with the marker that it is found by', () => {
    expect(planComment(view()).startsWith(planCommentMarker)).toBe(true);
  });

  test('shows what hostile values are, and lets none act', async () => {
    const bad =
      '@acme/admins see #1 https://evil.example </details><script>alert(1)</script> <!-- planwright:plan --> ```\n+ fake: line\u001b[31m\u202Egnp.exe';
    const changes = [
      change({
        object: { group: '', kind: 'ConfigMap', namespace: 'web', name: '`@kim`|x' },
        danger: bad,
        notes: [bad],
        confidence: { level: 'rendered', reason: bad },
        differences: [difference(`data.${bad}`, text('```\n````\n~~~'), text(bad))],
      }),
    ];
    const hostile = plan({
      name: 'we|b`s`@production',
      changes,
      problems: [{ severity: 'warning', message: bad, position: { path: 'apps/@kim/`x`.yaml', line: 1, column: 1 } }],
    });
    const comment = planComment(
      view({
        base: { ref: '`@all`', sha: commitSha('c9f0f895fb98ab9159f51fd0297e236d5e6f7a8b') },
        outcome: planned([hostile], { advice: bad }),
      }),
    );
    await expect(comment).toMatchFileSnapshot(snapshot('hostile'));
    expect(comment.match(/<!--/g)).toHaveLength(1);
  });
});

function manyFields(count: number) {
  return Array.from({ length: count }, (_, index) => difference(`data.KEY_${index}`, text(`value ${index}`), absent));
}
