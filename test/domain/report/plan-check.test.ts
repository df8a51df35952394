import { describe, expect, test } from 'vitest';
import { planCheck } from '../../../src/domain/report/plan-check.ts';
import { utf8Bytes } from '../../../src/domain/report/text-size.ts';
import {
  absent,
  change,
  deletedClaim,
  difference,
  object,
  plan,
  planned,
  problem,
  text,
  view,
} from '../plan-builder.ts';

function snapshot(name: string): string {
  return `./__snapshots__/plan-check/${name}.md`;
}

function shown(check: ReturnType<typeof planCheck>): string {
  const annotations = check.annotations.map(
    ({ path, line, level, title, message }) => `${path}:${line} ${level} (${title}) ${message}`,
  );
  return [
    `conclusion: ${check.conclusion}`,
    `title: ${check.text.title}`,
    '',
    check.text.summary,
    '',
    '--- text',
    check.text.text ?? '(none)',
    '',
    '--- annotations',
    ...annotations,
    '',
  ].join('\n');
}

describe('planwright/plan', () => {
  test('succeeds with the title that nothing changes when no target is touched', () => {
    const check = planCheck(view({ outcome: { kind: 'no-changes' } }));
    expect(check.conclusion).toBe('success');
    expect(check.text.title).toBe('No infrastructure changes');
    expect(check.annotations).toEqual([]);
  });

  test('succeeds with the plan, and warnings do not fail it', async () => {
    const warned = plan({
      changes: [change(), deletedClaim('web/uploads')],
      problems: [
        {
          severity: 'warning',
          message: 'policy/v1beta1 is deprecated; use policy/v1',
          position: { path: 'apps/web/pdb.yaml', line: 1, column: 1 },
        },
      ],
    });
    const check = planCheck(view({ outcome: planned([warned]) }));
    expect(check.conclusion).toBe('success');
    await expect(shown(check)).toMatchFileSnapshot(snapshot('planned'));
  });

  test('fails for invalid YAML, on its line', async () => {
    const check = planCheck(
      view({
        outcome: {
          kind: 'invalid',
          problems: [
            problem('bad indentation of a mapping entry', { path: 'apps/web/base/deployment.yaml', line: 12 }),
          ],
        },
      }),
    );
    expect(check.conclusion).toBe('failure');
    await expect(shown(check)).toMatchFileSnapshot(snapshot('invalid'));
  });

  test('fails for a refused object, errors before warnings and each once', () => {
    const place = { path: 'apps/web/base/service.yaml', line: 7 };
    const shared = [
      { ...problem('deprecated', place), severity: 'warning' as const },
      problem('refused: spec.ports: Required value', place),
    ];
    const check = planCheck(
      view({ outcome: planned([plan({ name: 'web@staging', problems: shared }), plan({ problems: shared })]) }),
    );
    expect(check.conclusion).toBe('failure');
    expect(check.text.title).toBe('Plan failed with 2 errors');
    expect(check.annotations.map(({ level, line }) => [level, line])).toEqual([
      ['failure', 7],
      ['warning', 7],
    ]);
  });

  test('fails for a plan that is not complete, even without an error', () => {
    const check = planCheck(view({ outcome: planned([plan({ complete: false })]) }));
    expect(check.conclusion).toBe('failure');
    expect(check.text.title).toBe('Plan incomplete for web@production');
  });

  test('fails for a conflict and names the files', () => {
    const check = planCheck(view({ outcome: { kind: 'conflict', files: ['apps/web/a.yaml'] } }));
    expect(check.conclusion).toBe('failure');
    expect(check.text.title).toBe('Conflicts with main in 1 file');
    expect(check.text.summary).toContain('- `apps/web/a.yaml`');
  });

  test('has a problem without a place in the summary only', () => {
    const check = planCheck(
      view({
        outcome: planned([
          plan({ changes: [], complete: false, problems: [problem('cluster production does not answer')] }),
        ]),
      }),
    );
    expect(check.annotations).toEqual([]);
    expect(check.text.summary).toContain('cluster production does not answer');
  });

  test('says when nothing has to change on the clusters', () => {
    expect(planCheck(view({ outcome: planned([plan({ changes: [] })]) })).text.title).toBe(
      'Nothing to change in web@production',
    );
  });

  test('keeps summary and text within the limit', () => {
    const huge = Array.from({ length: 400 }, (_, index) =>
      change({
        object: object('ConfigMap', `web/c-${index}`),
        action: 'create',
        differences: [difference('data.text', absent, text('é'.repeat(350)))],
      }),
    );
    const problems = Array.from({ length: 400 }, (_, index) =>
      problem('x'.repeat(5_000), { path: `${'d'.repeat(300)}.yaml`, line: index + 1 }),
    );
    const check = planCheck(view({ outcome: planned([plan({ changes: huge, problems })]) }));
    expect(utf8Bytes(check.text.summary)).toBeLessThanOrEqual(65_000);
    expect(utf8Bytes(check.text.text ?? '')).toBeLessThanOrEqual(65_000);
    expect(utf8Bytes(check.text.text ?? '')).toBeGreaterThan(50_000);
    expect(check.annotations.length).toBeLessThanOrEqual(200);
  });
});
