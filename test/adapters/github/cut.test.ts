import { expect, it } from 'vitest';
import { cut, cutBytes } from '../../../src/adapters/github/cut.ts';

it('leaves a text that fits as it is', () => {
  expect(cut('x'.repeat(140), 140)).toBe('x'.repeat(140));
  expect(cutBytes('é'.repeat(70), 140)).toBe('é'.repeat(70));
});

it('marks what it leaves out', () => {
  expect(cut('x'.repeat(141), 140)).toBe(`${'x'.repeat(139)}…`);
  expect(cutBytes('x'.repeat(141), 140)).toBe(`${'x'.repeat(137)}…`);
});

it.each([9, 10, 11, 12])('never splits a character, whatever the length (%i)', (length) => {
  for (const shortened of [cut('a🚀🚀🚀🚀🚀🚀', length), cutBytes('a🚀🚀🚀🚀🚀🚀', length)]) {
    expect(shortened.isWellFormed()).toBe(true);
    expect(shortened).toMatch(/^a(🚀)+…$/u);
    expect(shortened.length).toBeLessThanOrEqual(length);
  }
});
