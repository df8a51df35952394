import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a sender has to notice an answer that came before it had sent everything. */
const noticeMs = 500;

export interface Answer {
  readonly status: number;
  /** One line for people, without a line break. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A short answer in plain text; GitHub shows it in the list of deliveries. */
export function answer(response: ServerResponse, { status, text, headers }: Answer): void {
  const body = `${text}\n`;
  response.writeHead(status, { ...plain(body), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/**
 * Answers a request whose body is not wanted, and ends the connection without reading on. Closing it at once would reset it while the
 * sender is still writing, and the answer would be lost.
 */
export async function answerUnread(response: ServerResponse, refusal: Answer): Promise<void> {
  const { complete, headers: asked } = response.req;
  const hasBody = asked['content-length'] !== undefined || asked['transfer-encoding'] !== undefined;
  if (complete || !hasBody) return answer(response, refusal);
  const { status, text, headers } = refusal;
  const body = `${text}\n`;
  response.writeHead(status, { ...plain(body), ...headers, Connection: 'close' });
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.write(body);
  await sleep(noticeMs, undefined, { signal: closed.signal }).catch(() => undefined);
  response.end();
  response.req.destroy();
}

function plain(body: string): Record<string, string> {
  return { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': String(Buffer.byteLength(body)) };
}
