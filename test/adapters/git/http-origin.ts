import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface OriginRequest {
  readonly method: string;
  readonly path: string;
  readonly service: 'refs' | 'list' | 'fetch' | 'other';
  /** Object ids that a fetch asked for. */
  readonly wants: readonly string[];
}

export interface HttpOrigin {
  readonly url: string;
  /** Bare repositories lie here as OWNER/NAME.git. */
  readonly folder: string;
  readonly requests: readonly OriginRequest[];
  forgetRequests(): void;
  /** Each request waits for this before it is answered. */
  beforeAnswer(wait: ((request: OriginRequest) => Promise<void>) | undefined): void;
  /** Answers each request itself when it returns true. */
  answerInstead(answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined): void;
  close(): Promise<void>;
}

/** git over HTTP as GitHub speaks it: Basic authentication, filters, any object by its id. */
export async function startHttpOrigin(token: string): Promise<HttpOrigin> {
  const folder = await mkdtemp(join(tmpdir(), 'planwright-origin-'));
  const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const requests: OriginRequest[] = [];
  let wait: ((request: OriginRequest) => Promise<void>) | undefined;
  let instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const seen = describeRequest(request, body);
    requests.push(seen);
    if (instead?.(request, response)) return;
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    await wait?.(seen);
    await runBackend(folder, request, body, response);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    requests,
    forgetRequests: () => requests.splice(0),
    beforeAnswer: (next) => {
      wait = next;
    },
    answerInstead: (next) => {
      instead = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function describeRequest(request: IncomingMessage, body: Buffer): OriginRequest {
  const path = request.url ?? '';
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1');
  const wants = [...text.matchAll(/want ([0-9a-f]{40})/g)].map((match) => match[1] ?? '');
  return { method: request.method ?? '', path, service: serviceOf(path, text), wants };
}

function serviceOf(path: string, text: string): OriginRequest['service'] {
  if (path.includes('/info/refs')) return 'refs';
  if (text.includes('command=ls-refs')) return 'list';
  return text.includes('command=fetch') ? 'fetch' : 'other';
}

async function runBackend(
  folder: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://origin');
  const backend = spawn(
    'git',
    ['-c', 'uploadpack.allowFilter=true', '-c', 'uploadpack.allowAnySHA1InWant=true', 'http-backend'],
    {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  backend.stdin.on('error', () => undefined);
  backend.stdin.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of backend.stdout) chunks.push(chunk);
  const output = Buffer.concat(chunks);
  const split = output.indexOf('\r\n\r\n');
  const headers = new Map(
    output
      .subarray(0, split)
      .toString('latin1')
      .split('\r\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number((headers.get('Status') ?? '200').slice(0, 3));
  headers.delete('Status');
  response.writeHead(status, Object.fromEntries(headers)).end(output.subarray(split + 4));
}
