import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { rawConnection } from './raw-connection.ts';
import { deliver, deliveryHeaders, opened, path, runningServer } from './running-server.ts';

it('listens on this machine only unless told otherwise', async () => {
  const { server } = await runningServer();

  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

it('says which host and port it could not have', async () => {
  const { server } = await runningServer();

  await expect(runningServer({ port: server.port })).rejects.toThrow(
    new RegExp(`cannot listen on 127\\.0\\.0\\.1, port ${server.port}: .*choose another HOST or PORT`),
  );
});

it.each(['GET', 'HEAD'])('answers %s /healthz while it is alive, ready or not', async (method) => {
  const { server } = await runningServer({ ready: () => Promise.reject(new Error('no database')) });

  const answer = await fetch(`${server.url}/healthz`, { method });

  expect([answer.status, await answer.text()]).toEqual([200, method === 'HEAD' ? '' : 'alive\n']);
});

it('is ready when the check says so', async () => {
  const { server } = await runningServer();

  const answer = await fetch(`${server.url}/readyz`);

  expect([answer.status, await answer.text()]).toEqual([200, 'ready\n']);
});

it('is not ready when the check fails; the reason goes to the log and not to the asker', async () => {
  const { server, log } = await runningServer({
    ready: () => Promise.reject(new Error('postgres://planwright:canary@10.1.2.3 refused')),
  });

  const answer = await fetch(`${server.url}/readyz`);

  expect([answer.status, await answer.text()]).toEqual([503, 'not ready: the check failed, and the log says why\n']);
  expect(log.lines.join()).toContain('10.1.2.3');
});

it('is not ready when the check takes longer than two seconds, and asks it once for all who ask meanwhile', async () => {
  let checks = 0;
  const { server } = await runningServer({
    ready: () => {
      checks += 1;
      return sleep(10_000, undefined, { ref: false });
    },
  });

  const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(`${server.url}/readyz`)));

  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  expect(await answers[0]?.text()).toBe('not ready: the check takes longer than 2 s\n');
  expect(checks).toBe(1);
});

it('asks the routes in order for what is not its own, then says 404', async () => {
  const { server } = await runningServer({
    routes: [
      (incoming, response) => incoming.url === '/plans/1' && response.end('first') !== undefined,
      async (incoming, response) =>
        incoming.url?.startsWith('/plans/') === true && response.end('second') !== undefined,
    ],
  });
  const ask = async (address: string) => {
    const answer = await fetch(server.url + address);
    return [answer.status, await answer.text()];
  };

  expect(await ask('/plans/1')).toEqual([200, 'first']);
  expect(await ask('/plans/2')).toEqual([200, 'second']);
  expect(await ask('/')).toEqual([404, 'not found\n']);
  expect(await ask('/probot')).toEqual([404, 'not found\n']);
});

it('shows nothing of a route that fails, logs it and lives', async () => {
  const { server, log } = await runningServer({
    routes: [
      () => {
        throw new Error('canary-reason');
      },
    ],
  });

  const answer = await fetch(`${server.url}/plans/1`);

  expect([answer.status, await answer.text()]).toEqual([500, 'internal error, see the log\n']);
  expect(log.lines.join()).toContain('canary-reason');
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

it.each(['/hook', '/hook/', '/hook?x=1'])('takes deliveries at %s when the path is its own', async (address) => {
  const { server, inbox } = await runningServer({ webhookPath: '/hook' });
  const post = (to: string) =>
    fetch(server.url + to, { method: 'POST', headers: deliveryHeaders(opened), body: opened });

  expect((await post(address)).status).toBe(200);
  expect((await post(path)).status).toBe(404);
  expect(inbox.hints.size).toBe(1);
});

it('drained, ends the request under way, then closes its kept-alive connection and takes no new one', async () => {
  let release = (): void => undefined;
  let hasBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    hasBegun = resolve;
  });
  const { server } = await runningServer({
    inbox: {
      store: () =>
        new Promise((resolve) => {
          release = () => resolve(true);
          hasBegun();
        }),
    },
  });
  const agent = new Agent({ keepAlive: true });
  const sent = request(server.url + path, { agent, method: 'POST', headers: deliveryHeaders(opened) });
  sent.end(opened);
  await begun;

  let isDrained = false;
  const drained = server.drain(60_000).then(() => {
    isDrained = true;
  });
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  await sleep(100);
  expect(isDrained).toBe(false);
  release();
  const [answer] = await once(sent, 'response');
  answer.resume();
  await drained;

  expect(answer.statusCode).toBe(200);
  agent.destroy();
});

it('drained, closes idle connections at once', async () => {
  const { server } = await runningServer();
  const { socket, until, untilClosed } = await rawConnection(server);
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('alive');

  const startMs = performance.now();
  await server.drain(60_000);
  await untilClosed();

  expect(performance.now() - startMs).toBeLessThan(2_000);
});

it('drained, does not wait for connections that have never said anything', async () => {
  const { server } = await runningServer();
  const { untilClosed } = await rawConnection(server);
  await fetch(`${server.url}/healthz`);

  const startMs = performance.now();
  await server.drain(60_000);
  await untilClosed();

  expect(performance.now() - startMs).toBeLessThan(2_000);
});

it('drained, cuts off what has not ended within the grace', async () => {
  const { server } = await runningServer();
  const { socket, untilClosed } = await rawConnection(server);
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n`);
  await sleep(20);

  await server.drain(100);

  expect(await untilClosed()).toBe('');
});

it('drained twice, drains once', async () => {
  const { server } = await runningServer();
  await deliver(server, opened);

  await Promise.all([server.drain(1_000), server.drain(1_000)]);

  await expect(deliver(server, opened)).rejects.toThrow();
});
