import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Hint } from '../../../src/domain/delivery/hint.ts';
import { deliver, opened, runningServer } from './running-server.ts';

it('stores the ids of a signed delivery and says so', async () => {
  const { server, inbox } = await runningServer();

  const answer = await deliver(server, opened, { 'x-github-delivery': 'guid-1' });

  expect(answer).toEqual({ status: 200, text: 'stored\n' });
  expect([...inbox.hints.values()]).toEqual([
    { guid: 'guid-1', event: 'pull_request', action: 'opened', installation: 3, repository: 5, pull: 7, ref: 'main' },
  ]);
});

it('answers only after the delivery is on disk', async () => {
  const order: string[] = [];
  const { server } = await runningServer({
    inbox: {
      async store() {
        await sleep(50);
        order.push('on disk');
        return true;
      },
    },
  });

  await deliver(server, opened);
  order.push('answered');

  expect(order).toEqual(['on disk', 'answered']);
});

it('stores a delivery that is sent a hundred times once, and acknowledges it each time', async () => {
  const { server, inbox } = await runningServer();

  const answers = await Promise.all(
    Array.from({ length: 100 }, () => deliver(server, opened, { 'x-github-delivery': 'guid-1' })),
  );

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect([inbox.calls(), inbox.hints.size]).toEqual([100, 1]);
});

it('says 503 while the delivery cannot be stored, without telling strangers why, and takes the redelivery', async () => {
  const stored: Hint[] = [];
  let isDown = true;
  const { server, log } = await runningServer({
    inbox: {
      async store(hint) {
        if (isDown) throw new Error('connection to 10.1.2.3 refused');
        stored.push(hint);
        return true;
      },
    },
  });

  const refused = await deliver(server, opened, { 'x-github-delivery': 'guid-1' });
  isDown = false;
  const taken = await deliver(server, opened, { 'x-github-delivery': 'guid-1' });

  expect(refused).toEqual({ status: 503, text: 'not stored; redeliver it later\n' });
  expect(taken.status).toBe(200);
  expect(stored).toHaveLength(1);
  expect(log.lines).toEqual([expect.stringMatching(/guid-1 could not be stored: connection to 10\.1\.2\.3 refused/)]);
});

it('keeps what people wrote out of the log when storing fails', async () => {
  const { server, log } = await runningServer({ inbox: { store: () => Promise.reject(new Error('down')) } });
  const comment = JSON.stringify({ action: 'created', comment: { id: 1, body: 'canary-text' } });

  await deliver(server, comment, { 'x-github-event': 'issue_comment' });

  expect(log.lines.join()).toContain('down');
  expect(log.lines.join()).not.toContain('canary-text');
});

it('says 503 before GitHub stops waiting when storing takes too long', async () => {
  const { server, log } = await runningServer({
    inbox: { store: () => sleep(300, true) },
    limits: { storeTimeoutMs: 30 },
  });

  expect((await deliver(server, opened)).status).toBe(503);
  expect(log.lines).toEqual([expect.stringContaining('delivery not stored in 30 ms')]);
});

it('lives when storing fails after it has taken too long', async () => {
  const { server } = await runningServer({
    inbox: {
      async store() {
        await sleep(60);
        throw new Error('late');
      },
    },
    limits: { storeTimeoutMs: 20 },
  });

  expect((await deliver(server, opened)).status).toBe(503);
  await sleep(80);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

it.each(['ping', 'star', 'workflow_run', 'error', 'constructor', 'an_event_of_tomorrow'])(
  'acknowledges the event %s, which nobody here needs, without storing it',
  async (event) => {
    const { server, inbox } = await runningServer();

    const answer = await deliver(server, opened, { 'x-github-event': event });

    expect(answer).toEqual({ status: 200, text: `ignored: ${event} is of no use here\n` });
    expect(inbox.calls()).toBe(0);
  },
);

it('stores a delivery whose ids have the wrong shapes, without them', async () => {
  const { server, inbox } = await runningServer();
  const hostile = '{"action":{},"installation":[],"repository":{"id":"5"},"pull_request":null,"__proto__":{"id":9}}';

  expect((await deliver(server, hostile, { 'x-github-delivery': 'guid-1' })).status).toBe(200);
  expect([...inbox.hints.values()]).toEqual([{ guid: 'guid-1', event: 'pull_request' }]);
});
