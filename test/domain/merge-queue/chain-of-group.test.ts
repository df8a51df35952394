import { describe, expect, test } from 'vitest';
import { commitSha, pullNumber } from '../../../src/domain/identity.ts';
import { chainOfGroup, type QueueEntry } from '../../../src/domain/merge-queue/chain-of-group.ts';

function sha(digit: string) {
  return commitSha(digit.repeat(40));
}

function entry(pull: number, base: string, head: string): QueueEntry {
  return { pull: pullNumber(pull), base: sha(base), head: sha(head) };
}

describe('the chain of a merge group', () => {
  const first = entry(7, 'a', 'b');
  const second = entry(8, 'b', 'c');
  const third = entry(9, 'c', 'd');

  test('of the first in the queue is its own entry', () => {
    expect(chainOfGroup([first, second, third], sha('b'))).toEqual([first]);
  });

  test('holds the entries that it is built on, in the order in which they will be merged', () => {
    expect(chainOfGroup([third, first, second], sha('d'))).toEqual([first, second, third]);
  });

  test('ends where the queue ends, as when what was in front has been merged', () => {
    expect(chainOfGroup([second, third], sha('d'))).toEqual([second, third]);
  });

  test('is not known of a head that is not in the queue', () => {
    expect(chainOfGroup([first, second], sha('e'))).toBeUndefined();
    expect(chainOfGroup([], sha('b'))).toBeUndefined();
  });

  test('leaves out what was queued anew on the same base', () => {
    expect(chainOfGroup([first, entry(8, 'b', 'e'), entry(9, 'b', 'f')], sha('f'))?.map(({ pull }) => pull)).toEqual([
      7, 9,
    ]);
  });

  test('ends where entries stand on each other', () => {
    expect(chainOfGroup([entry(7, 'b', 'a'), entry(8, 'a', 'b')], sha('b'))).toHaveLength(2);
  });
});
