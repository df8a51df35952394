import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from './byte-budget.ts';
import type { Refusal } from './refusal.ts';

export type BodyOutcome =
  | { readonly kind: 'verified'; readonly body: Buffer }
  | Refusal
  /** The sender hung up half way. */
  | { readonly kind: 'gone' };

export interface SignedBodyRules {
  readonly secret: KeyObject;
  readonly signature: Buffer;
  readonly limitBytes: number;
  readonly timeoutMs: number;
  /** Shared by all requests that are being read. */
  readonly budget: ByteBudget;
}

const forged: Refusal = {
  kind: 'refused',
  status: 401,
  reason: 'the signature is not that of WEBHOOK_SECRET; compare it with the webhook secret of the App',
};

/** Reads the body and its HMAC-SHA-256 in one go. Nothing of it is looked at unless the signature is right. Never rejects. */
export function readSignedBody(request: IncomingMessage, rules: SignedBodyRules): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const hmac = createHmac('sha256', rules.secret);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let takenBytes = 0;

    const settle = (outcome: BodyOutcome): void => {
      clearTimeout(timer);
      request.off('data', read).off('end', verify).off('close', hungUp);
      rules.budget.give(takenBytes);
      resolve(outcome);
    };
    const refuse = (status: Refusal['status'], reason: string): void => {
      request.pause();
      settle({ kind: 'refused', status, reason });
    };
    const read = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > rules.limitBytes) {
        refuse(413, `the body is larger than ${rules.limitBytes} bytes`);
      } else if (!rules.budget.take(chunk.length)) {
        refuse(503, 'too many bodies are being read; send it again later');
      } else {
        takenBytes += chunk.length;
        hmac.update(chunk);
        chunks.push(chunk);
      }
    };
    const verify = (): void => {
      const isSigned = timingSafeEqual(hmac.digest(), rules.signature);
      settle(isSigned ? { kind: 'verified', body: Buffer.concat(chunks) } : forged);
    };
    const hungUp = (): void => settle({ kind: 'gone' });
    const timer = setTimeout(() => refuse(408, `the body did not arrive in ${rules.timeoutMs} ms`), rules.timeoutMs);

    request.on('data', read).on('end', verify).on('close', hungUp);
    // `close` follows; without a listener nothing would be wrong either, but Node promises that nowhere.
    request.on('error', () => undefined);
  });
}
