import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Refusal } from './refusal.ts';

/** What a delivery says of itself before its body is read. */
export interface DeliveryHeaders {
  readonly kind: 'acceptable';
  readonly guid: string;
  readonly event: string;
  /** The 32 bytes that GitHub claims. */
  readonly signature: Buffer;
}

const signatureForm = /^sha256=([0-9a-f]{64})$/i;
const guidForm = /^[0-9a-z-]{1,100}$/i;
const eventForm = /^[a-z0-9_]{1,100}$/;
const jsonForm = /^\s*application\/json\s*(;|$)/i;

/** Refuses all that can be refused without reading a byte of the body. */
export function readDeliveryHeaders(request: IncomingMessage, bodyLimitBytes: number): DeliveryHeaders | Refusal {
  const { headers } = request;
  if (request.method !== 'POST') return { kind: 'refused', status: 405, reason: 'deliveries are sent with POST' };
  // Node has refused a Content-Length that is no number.
  if (Number(headers['content-length'] ?? 0) > bodyLimitBytes) {
    return { kind: 'refused', status: 413, reason: `the body is larger than ${bodyLimitBytes} bytes` };
  }
  const signature = signatureForm.exec(single(headers, 'x-hub-signature-256') ?? '')?.[1];
  if (signature === undefined) {
    return {
      kind: 'refused',
      status: 400,
      reason:
        'X-Hub-Signature-256 is missing or not `sha256=` and 64 hex digits; the App needs a webhook secret on its settings page',
    };
  }
  const event = single(headers, 'x-github-event');
  if (event === undefined || !eventForm.test(event)) {
    return { kind: 'refused', status: 400, reason: 'X-GitHub-Event is missing or malformed' };
  }
  const guid = single(headers, 'x-github-delivery');
  if (guid === undefined || !guidForm.test(guid)) {
    return { kind: 'refused', status: 400, reason: 'X-GitHub-Delivery is missing or malformed' };
  }
  if (!jsonForm.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    return {
      kind: 'refused',
      status: 415,
      reason: "only plain application/json is read; choose it as content type on the App's settings page",
    };
  }
  return { kind: 'acceptable', guid, event, signature: Buffer.from(signature, 'hex') };
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
