import { describe, expect, test } from 'vitest';
import { selectTargets } from '../../../src/domain/command/select-targets.ts';
import { parseTargetPattern, type TargetPattern } from '../../../src/domain/command/target-pattern.ts';
import { parseTargetName } from '../../../src/domain/identity.ts';

const targets = ['payments@production', 'payments@staging', 'payments-api@production', 'web.eu@production'].map(
  parseTargetName,
);

function patterns(...texts: readonly string[]): readonly TargetPattern[] {
  return texts.map((text) => {
    const pattern = parseTargetPattern(text);
    if (pattern.kind === 'invalid') throw new Error(pattern.problem);
    return pattern;
  });
}

function selected(...texts: readonly string[]): readonly string[] | string {
  const selection = selectTargets(patterns(...texts), targets);
  return selection.kind === 'selected' ? selection.targets : 'unknown';
}

describe('the targets of a command', () => {
  test('are all when none is named', () => {
    expect(selected()).toEqual(targets);
  });

  test.each([
    [['payments@production'], ['payments@production']],
    [['payments'], ['payments@production', 'payments@staging']],
    [['@staging'], ['payments@staging']],
    [['payments*'], ['payments@production', 'payments@staging', 'payments-api@production']],
    [['*@prod*'], ['payments@production', 'payments-api@production', 'web.eu@production']],
    [['payments?api'], ['payments-api@production']],
    [['web.eu'], ['web.eu@production']],
    [
      ['@staging', 'web.*', 'payments@staging'],
      ['payments@staging', 'web.eu@production'],
    ],
    [['*'], targets],
    [['**@*'], targets],
  ])('%j are %j', (texts, expected) => {
    expect(selected(...texts)).toEqual(expected);
  });

  test.each([
    'web?eu@staging',
    'webXeu',
    '{payments,web.eu}',
    '(payments)',
    '!payments',
    'payment[s]',
    '+(a|b)',
    'Payments',
    '{payments,x}*',
    '(payments|x)*',
    '!web*',
    'payment[s]*',
    '+(payments)*',
    'web\\.*',
    '.*',
    'payments\\@production',
  ])('%s is no pattern for any of them', (text) => {
    expect(selected(text)).toBe('unknown');
  });

  test('may have names that begin with a dot', () => {
    const hidden = parseTargetName('.hidden@production');
    expect(selectTargets(patterns('*den'), [hidden])).toEqual({ kind: 'selected', targets: [hidden] });
  });

  test('are refused as a whole when one is unknown, with the nearest names', () => {
    expect(selectTargets(patterns('payments@staging', 'paymets@producton'), targets)).toEqual({
      kind: 'unknown',
      unknown: [
        { text: 'paymets@producton', nearest: ['payments@production', 'payments-api@production', 'web.eu@production'] },
      ],
    });
  });

  test('are compared by their parts when only one part is named', () => {
    expect(selectTargets(patterns('@stagign'), targets)).toMatchObject({
      unknown: [{ nearest: ['payments@staging', expect.anything(), expect.anything()] }],
    });
  });

  test('are found in bounded time whatever the pattern', () => {
    const long = Array.from({ length: 200 }, (_, index) =>
      parseTargetName(`${'a'.repeat(190)}${index}@${'a'.repeat(90)}`),
    );
    const start = performance.now();
    selectTargets(patterns('a*a*b', '*a*b@a*a*b', `*${'?'.repeat(80)}*b`), long);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
