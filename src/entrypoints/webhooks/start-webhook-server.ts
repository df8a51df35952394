import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Probot } from 'probot';
import type { Log } from '../../flows/ports/clock.ts';
import { answer } from './answer.ts';
import { type AppIdentity, createApp, type GitHubAddress } from './create-app.ts';
import { drainServer } from './drain-server.ts';
import { readiness } from './health.ts';
import { type DeliveryLimits, defaultLimits, deliveryReceiver } from './receive-delivery.ts';
import { type Inbox, storeDeliveries } from './store-deliveries.ts';

/** True when it has answered, or will. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface WebhookServerOptions {
  readonly app: AppIdentity;
  readonly gitHub: GitHubAddress;
  /** Default 127.0.0.1: in a container say 0.0.0.0. */
  readonly host?: string;
  /** Default 3000; 0 takes a free one. */
  readonly port?: number;
  readonly webhookPath?: string;
  readonly inbox: Inbox;
  /** Resolves when the process can do its work; rejects when not. */
  readonly ready: () => Promise<void>;
  /** Asked in this order for all that is neither a delivery nor a question about health. */
  readonly routes?: readonly Route[];
  readonly limits?: Partial<DeliveryLimits>;
  readonly log: Log;
}

export interface WebhookServer {
  readonly probot: Probot;
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
  /** Takes no new connections, lets the requests under way end, and cuts off what is left after the grace. Idempotent. */
  drain(graceMs: number): Promise<void>;
}

const defaultWebhookPath = '/api/github/webhooks';

/** Idle load balancers keep connections for a minute; whoever closes first must not be us, or a delivery meets a closing connection. */
const keepAliveTimeoutMs = 75_000;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** Each costs a few kilobytes while idle; GitHub uses a handful. */
const maxConnections = 2_000;

/** Starts listening. Rejects when it cannot, with what to change. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { log, host = '127.0.0.1', port = 3000, webhookPath = defaultWebhookPath, routes = [] } = options;
  const probot = createApp({ app: options.app, gitHub: options.gitHub, log });
  await probot.ready();
  await probot.load(storeDeliveries(options.inbox));
  const receive = deliveryReceiver({
    app: probot,
    webhookSecret: options.app.webhookSecret,
    limits: { ...defaultLimits, ...options.limits },
    log,
  });
  const isReady = readiness(options.ready, log);
  let draining = false;

  const handle: Route = async (request, response) => {
    if (draining) response.setHeader('Connection', 'close');
    const path = pathOf(request);
    if (path === webhookPath) {
      await receive(request, response);
      return true;
    }
    if (request.headers.expect !== undefined) response.writeContinue();
    if (isQuestion(request) && path === '/healthz') {
      answer(response, { status: 200, text: 'alive' });
      return true;
    }
    if (isQuestion(request) && path === '/readyz') {
      answer(response, draining ? { status: 503, text: 'not ready: shutting down' } : await isReady());
      return true;
    }
    for (const route of routes) if (await route(request, response)) return true;
    answer(response, { status: 404, text: 'not found' });
    return true;
  };

  const underWay = new Set<Promise<void>>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const served = Promise.resolve(handle(request, response))
      .then(() => undefined)
      .catch((error: unknown) => fail(response, error, log))
      .finally(() => underWay.delete(served));
    underWay.add(served);
  };
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: 16 * 1024,
    },
    serve,
  );
  // Otherwise Node would tell the sender to go on before the headers were looked at.
  server.on('checkContinue', serve);
  server.maxConnections = maxConnections;
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  await listen(server, host, port);

  let drained: Promise<void> | undefined;
  return {
    probot,
    ...addressOf(server),
    drain(graceMs) {
      draining = true;
      drained ??= drainServer({ server, connections, underWay, graceMs });
      return drained;
    },
  };
}

function pathOf(request: IncomingMessage): string {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  // As Probot does: an address that was registered with a slash at its end works too.
  return path.length > 1 && path.endsWith('/') ? path.replace(/\/+$/, '') : path;
}

function isQuestion({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function fail(response: ServerResponse, error: unknown, log: Log): void {
  const { method, url } = response.req;
  log.error({ err: error, method, url }, 'a request failed');
  if (response.headersSent) response.destroy();
  else answer(response, { status: 500, text: 'internal error, see the log' });
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot listen on ${host}, port ${port}: ${reason}; choose another HOST or PORT`, { cause: error });
  }
}

function addressOf(server: Server): { readonly url: string; readonly port: number } {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${host}:${address.port}`, port: address.port };
}
