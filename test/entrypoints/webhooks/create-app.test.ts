import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../../src/entrypoints/webhooks/create-app.ts';
import { quietLog } from '../../contracts/quiet-log.ts';
import { app as identity } from './running-server.ts';

function appFor(host: string, protocol: 'http' | 'https' = 'https', log = quietLog()) {
  return createApp({ app: identity, gitHub: { host, protocol }, log });
}

it.each([
  ['github.com', 'https', 'https://api.github.com'],
  ['github.example.com', 'https', 'https://github.example.com/api/v3'],
  ['127.0.0.1:4010', 'http', 'http://127.0.0.1:4010/api/v3'],
] as const)('asks %s over %s at %s', async (host, protocol, address) => {
  const client = await appFor(host, protocol).auth();

  expect(client.request.endpoint('GET /app').url).toBe(`${address}/app`);
});

it('takes nothing from the environment', async () => {
  vi.stubEnv('GHE_HOST', 'elsewhere.example.com').stubEnv('APP_ID', '99').stubEnv('WEBHOOK_SECRET', 'development');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });

  const app = await appFor('github.com').ready();

  expect((await app.auth()).request.endpoint('GET /app').url).toBe('https://api.github.com/app');
  expect(await app.webhooks.verify('{}', await app.webhooks.sign('{}'))).toBe(true);
  const { createHmac } = await import('node:crypto');
  const withDefault = `sha256=${createHmac('sha256', 'development').update('{}').digest('hex')}`;
  expect(await app.webhooks.verify('{}', withDefault)).toBe(false);
});

it('gives handlers one client for all events, which has no credentials', async () => {
  const asked: (string | undefined)[] = [];
  const gitHub = createServer(({ headers }, response) => {
    asked.push(headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(gitHub, 'listening');
  onTestFinished(() => {
    gitHub.close();
  });
  const address = gitHub.address();
  const app = appFor(typeof address === 'object' ? `127.0.0.1:${address?.port}` : '', 'http');
  const clients: unknown[] = [];
  const failures: unknown[] = [];
  app.on('push', async ({ octokit }) => {
    clients.push(octokit);
    await octokit.request('GET /user', { request: { retries: 0 } }).catch((error: unknown) => failures.push(error));
  });
  await app.ready();

  for (const id of [1, 2]) {
    const payload = { installation: { id } };
    await app.webhooks.receive({ id: `guid-${id}`, name: 'push', payload } as Parameters<
      typeof app.webhooks.receive
    >[0]);
  }

  expect(new Set(clients).size).toBe(1);
  expect(clients).not.toContain(await app.auth());
  expect(asked.filter((authorization) => authorization !== undefined)).toEqual([]);
});

it("still gives everybody else the app's own clients", async () => {
  const paths: string[] = [];
  const gitHub = createServer(({ url, headers }, response) => {
    paths.push(`${url} ${headers.authorization?.split(' ')[0]}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"slug":"planwright"}');
  }).listen(0, '127.0.0.1');
  await once(gitHub, 'listening');
  onTestFinished(() => {
    gitHub.close();
  });
  const address = gitHub.address();
  const app = appFor(typeof address === 'object' ? `127.0.0.1:${address?.port}` : '', 'http');

  await (await app.auth()).rest.apps.getAuthenticated();

  expect(paths).toEqual(['/api/v3/app bearer']);
});
