import { describe, expect, test } from 'vitest';
import { planOffline } from '../../../src/domain/plan/plan-offline.ts';
import { configMap, pattern, rendered } from './object-builder.ts';
import { offlineOf } from './offline-builder.ts';

const named = (name: string, level: string) => rendered(configMap({ LEVEL: level }, { name }));

describe('a plan without a cluster', () => {
  const plan = planOffline(
    offlineOf(
      [named('kept', 'a'), named('changed', 'a'), named('gone', 'a')],
      [named('kept', 'a'), named('changed', 'b'), named('new', 'a')],
    ),
  );

  test('shows what the files change', () => {
    expect(plan.changes.map((change) => [change.action, change.object.name])).toEqual([
      ['update', 'changed'],
      ['delete', 'gone'],
      ['create', 'new'],
    ]);
    expect(plan.changes[0]?.differences).toEqual([
      {
        path: 'data.LEVEL',
        before: { kind: 'text', text: 'a' },
        after: { kind: 'text', text: 'b' },
        origin: { kind: 'this' },
      },
    ]);
  });

  test('leaves out what the stack ignores, except of what comes and goes', () => {
    const of = (names: readonly string[], level: string) => names.map((name) => named(name, level));
    const input = offlineOf(of(['stays', 'gone'], 'a'), of(['stays', 'new'], 'b'));
    const ignore = [{ kind: 'ConfigMap', path: pattern('data.LEVEL') }];
    const stack = { ...input.target.stack, ignore };
    const { changes } = planOffline({ ...input, target: { ...input.target, stack } });
    expect(changes.map(({ action, differences }) => [action, differences.map(({ path }) => path)])).toEqual([
      ['delete', expect.arrayContaining(['data.LEVEL'])],
      ['create', expect.arrayContaining(['data.LEVEL'])],
    ]);
  });

  test('has nothing that anybody could approve or apply', () => {
    expect(plan).toMatchObject({ effects: [], moves: [], cluster: { uid: undefined } });
    expect(plan.changes.every((change) => !change.write)).toBe(true);
  });

  test('says why it is unsure', () => {
    expect(plan.changes.map((change) => change.confidence)).toEqual(
      Array.from({ length: 3 }, () => ({ level: 'rendered', reason: 'this head comes from a fork' })),
    );
  });

  test('passes the problems of the files on, and is a removal when nothing is left', () => {
    const problem = { severity: 'error', message: 'bad indentation' } as const;
    expect(planOffline(offlineOf([named('a', 'x')], [], [problem]))).toMatchObject({
      kind: 'removal',
      problems: [problem],
    });
  });
});
