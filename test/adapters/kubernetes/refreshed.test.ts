import { describe, expect, it } from 'vitest';
import { refreshed } from '../../../src/adapters/kubernetes/refreshed.ts';

describe('what is kept fresh', () => {
  function counting() {
    const clock = { nowMs: 0 };
    let loads = 0;
    const load = async () => {
      loads += 1;
      if (loads === 3) throw new Error('third');
      return loads;
    };
    return { clock, value: refreshed(load, 10, () => clock.nowMs) };
  }

  it('is loaded once for all who ask together, and again when it is too old', async () => {
    const { clock, value } = counting();
    expect(await Promise.all([value.get(), value.get()])).toEqual([1, 1]);
    clock.nowMs = 9;
    expect(await value.get()).toBe(1);
    clock.nowMs = 10;
    expect(await value.get()).toBe(2);
  });

  it('does not keep a failure', async () => {
    const { clock, value } = counting();
    await value.get();
    clock.nowMs = 20;
    await value.get();
    clock.nowMs = 40;
    await expect(value.get()).rejects.toThrow('third');
    expect(await value.get()).toBe(4);
  });

  it('is loaded each time while it is still changing', async () => {
    const { clock, value } = counting();
    await value.get();
    value.invalidate(5);
    expect(await value.get()).toBe(2);
    await expect(value.get()).rejects.toThrow('third');
    clock.nowMs = 5;
    expect(await value.get()).toBe(4);
    clock.nowMs = 6;
    expect(await value.get()).toBe(4);
  });
});
