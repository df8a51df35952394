import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { canonicalJson, type Json } from '../../../src/domain/json.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a test's API says to one request: an answer, or full control of the response. */
export type Reply =
  | { readonly status: number; readonly body: Json; readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse) => void);

export interface HttpApi {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** A server that answers as the test says and remembers what it was asked. */
export async function startHttpApi(answer: (asked: Asked, count: number) => Reply | Promise<Reply>): Promise<HttpApi> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      const reply = await answer(one, asked.length);
      if (typeof reply === 'function') return reply(response);
      const text = typeof reply.body === 'string' ? reply.body : canonicalJson(reply.body);
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
