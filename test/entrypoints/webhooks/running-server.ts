import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Hint } from '../../../src/domain/delivery/hint.ts';
import {
  startWebhookServer,
  type WebhookServer,
  type WebhookServerOptions,
} from '../../../src/entrypoints/webhooks/start-webhook-server.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

export const webhookSecret = 'the secret of these tests';
export const path = '/api/github/webhooks';

export const app = {
  id: 1,
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString(),
  webhookSecret,
};

/** An inbox that holds each GUID once, as the database's does. */
export function memoryInbox() {
  const hints = new Map<string, Hint>();
  let calls = 0;
  return {
    hints,
    calls: () => calls,
    store: async (hint: Hint): Promise<boolean> => {
      calls += 1;
      if (hints.has(hint.guid)) return false;
      hints.set(hint.guid, hint);
      return true;
    },
  };
}

/** Listens on a free port of this machine until the test ends. */
export async function runningServer(changes: Partial<WebhookServerOptions> = {}) {
  const inbox = memoryInbox();
  const log = quietLog();
  const server = await startWebhookServer({
    app,
    gitHub: { host: 'github.com', protocol: 'https' },
    port: 0,
    inbox,
    ready: async () => undefined,
    log,
    ...changes,
  });
  onTestFinished(() => server.drain(0));
  return { server, inbox, log };
}

export function sign(body: string | Buffer, secret = webhookSecret): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

export function deliveryHeaders(
  body: string | Buffer,
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const headers: Readonly<Record<string, string | undefined>> = {
    'content-type': 'application/json',
    'x-github-event': 'pull_request',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': sign(body),
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Posts as GitHub does, with some headers changed, or left out where undefined. */
export async function deliver(
  server: WebhookServer,
  body: string | Buffer,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(server.url + path, { method: 'POST', headers: deliveryHeaders(body, changes), body });
  return { status: answer.status, text: await answer.text() };
}

export const opened = JSON.stringify({
  action: 'opened',
  installation: { id: 3 },
  repository: { id: 5 },
  pull_request: { number: 7, base: { ref: 'main' } },
});
