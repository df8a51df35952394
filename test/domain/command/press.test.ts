import { describe, expect, test } from 'vitest';
import {
  applyOpenButton,
  deployButtons,
  meaningOfOpen,
  parsePressed,
  pressRefusalText,
  replanButton,
} from '../../../src/domain/command/press.ts';
import { parseTargetName, pullNumber } from '../../../src/domain/identity.ts';
import { digest, plan } from '../plan-builder.ts';

const pull = pullNumber(7);
const first = plan({ target: parseTargetName('a@lab'), digest: digest('aaaa') });
const second = plan({ target: parseTargetName('b@lab'), digest: digest('bbbb') });
const bob = { id: 2, login: 'bob', bot: false };

describe('a button', () => {
  test.each([
    replanButton,
    applyOpenButton(pull, [first, second]),
    ...deployButtons([{ target: first.target, phase: { kind: 'failed', reason: 'crash', plan: first.digest } }]),
  ])('fits what GitHub takes of it: $label', ({ label, identifier, description }) => {
    expect([label.length, identifier.length].every((length) => length <= 20)).toBe(true);
    expect(description.length).toBeLessThanOrEqual(40);
  });

  test('of a gate names the pull request and its plans, in whatever order they come', () => {
    const means = meaningOfOpen(pull, [first, second]);
    expect(meaningOfOpen(pull, [second, first])).toBe(means);
    expect(meaningOfOpen(pull, [first])).not.toBe(means);
    expect(meaningOfOpen(pullNumber(8), [first, second])).not.toBe(means);
    expect(meaningOfOpen(pull, [first, { ...second, digest: digest('cccc') }])).not.toBe(means);
    expect(parsePressed(applyOpenButton(pull, [first, second]).identifier)).toEqual({ kind: 'apply-open', means });
  });

  test('that no check has is unknown', () => {
    expect(parsePressed('destroy')).toEqual({ kind: 'unknown' });
  });

  test.each([
    [applyOpenButton(pull, [first]).identifier, '`planwright/gate`'],
    ['apply:0123456789abcd', '`planwright/deploy`'],
  ])('that is refused is named with its check: %s', (identifier, check) => {
    const text = pressRefusalText({ by: bob, identifier }, [{ kind: 'nothing-to-apply' }]);
    expect(text).toContain(`*Apply* on ${check}, pressed by bob:`);
  });
});
