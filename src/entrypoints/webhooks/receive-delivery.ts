import { createSecretKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Probot } from 'probot';
import type { Log } from '../../flows/ports/clock.ts';
import { answer, answerUnread } from './answer.ts';
import { byteBudget } from './byte-budget.ts';
import { readDeliveryHeaders } from './delivery-headers.ts';
import type { Refusal } from './refusal.ts';
import { readSignedBody } from './signed-body.ts';
import { isSubscribed } from './subscribed-events.ts';
import { within } from './within.ts';

export interface DeliveryLimits {
  /** GitHub sends nothing larger than 25 MB. */
  readonly bodyBytes: number;
  /** All bodies that are being read at the same time. */
  readonly heldBytes: number;
  readonly bodyTimeoutMs: number;
  /** GitHub waits ten seconds in all. */
  readonly storeTimeoutMs: number;
}

export const defaultLimits: DeliveryLimits = {
  bodyBytes: 25 * 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  bodyTimeoutMs: 10_000,
  storeTimeoutMs: 9_000,
};

export interface DeliveryReceiver {
  readonly app: Probot;
  readonly webhookSecret: string;
  readonly limits: DeliveryLimits;
  readonly log: Log;
}

/**
 * Handles requests to the webhook path, Probot's own reading of them left out: it reads bodies of any size before it looks at the signature.
 * What is refused is refused as early as can be; what is signed is parsed and given to the app's handlers, and acknowledged when they have
 * stored it.
 */
export function deliveryReceiver({ app, webhookSecret, limits, log }: DeliveryReceiver) {
  const secret = createSecretKey(webhookSecret, 'utf8');
  const budget = byteBudget(limits.heldBytes);

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = (refusal: Refusal, facts: object = {}): void => {
      log.warn(
        { status: refusal.status, ...facts, from: request.socket.remoteAddress },
        `delivery refused: ${refusal.reason}`,
      );
    };
    const delivery = readDeliveryHeaders(request, limits.bodyBytes);
    if (delivery.kind === 'refused') {
      refused(delivery);
      return answerUnread(response, asAnswer(delivery));
    }
    const { guid, event, signature } = delivery;
    if (request.headers.expect !== undefined) response.writeContinue();
    const read = await readSignedBody(request, {
      secret,
      signature,
      limitBytes: limits.bodyBytes,
      timeoutMs: limits.bodyTimeoutMs,
      budget,
    });
    if (read.kind === 'gone') {
      log.warn({ guid, event, from: request.socket.remoteAddress }, 'delivery lost: its sender hung up half way');
      return;
    }
    if (read.kind === 'refused') {
      refused(read, { guid, event });
      return answerUnread(response, asAnswer(read));
    }
    const payload = parseObject(read.body);
    if (payload === undefined) {
      const refusal: Refusal = { kind: 'refused', status: 400, reason: 'the body is no JSON object' };
      refused(refusal, { guid, event });
      return answer(response, asAnswer(refusal));
    }
    if (!isSubscribed(event)) return answer(response, { status: 200, text: `ignored: ${event} is of no use here` });
    try {
      const handled = await within(limits.storeTimeoutMs, app.webhooks.receive(asEvent(guid, event, payload)));
      if (handled.kind === 'done') return answer(response, { status: 200, text: 'stored' });
      log.error({ guid, event }, `delivery not stored in ${limits.storeTimeoutMs} ms`);
    } catch {
      // Probot has logged it.
    }
    answer(response, { status: 503, text: 'not stored; redeliver it later' });
  };
}

function asAnswer({ status, reason }: Refusal) {
  return { status, text: reason, ...(status === 405 ? { headers: { Allow: 'POST' } } : {}) };
}

function parseObject(body: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Probot's types promise GitHub's payloads; `readHint` believes none of it. */
function asEvent(id: string, name: string, payload: object) {
  return { id, name, payload } as Parameters<Probot['webhooks']['receive']>[0];
}
