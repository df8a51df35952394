import { describe, expect, it } from 'vitest';
import { inFlightLimit } from '../../../src/adapters/kubernetes/in-flight-limit.ts';

describe('a limit on what is in flight', () => {
  it('runs as many at once as it allows, in order, and ends with none left', async () => {
    const limited = inFlightLimit(3);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, index) =>
      limited(async () => {
        started.push(index);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, index % 3));
        running -= 1;
        return index;
      }),
    );
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(most).toBe(3);
    expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('keeps to the limit while others come as some end', async () => {
    const limited = inFlightLimit(2);
    let running = 0;
    let most = 0;
    const task = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
    };
    const chain = async () => {
      for (let times = 0; times < 10; times += 1) await limited(task);
    };
    await Promise.all([chain(), chain(), chain(), chain()]);
    expect(most).toBe(2);
  });

  it('goes on after a task that failed', async () => {
    const limited = inFlightLimit(1);
    const failing = limited(() => Promise.reject(new Error('no')));
    const next = limited(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
