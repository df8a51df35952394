import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher, Pool } from 'undici';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { ClusterLog } from './cluster-log.ts';
import { type ConnectionFault, describeConnectionFault } from './connection-fault.ts';
import { type Authenticate, authenticator, type Credentials } from './credentials.ts';
import { parseExactJson } from './exact-json.ts';
import { inFlightLimit } from './in-flight-limit.ts';
import { jsonLines } from './json-lines.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { type Attempt, pauseBeforeRetry, type Repeatability, retryAfterMs } from './retry-policy.ts';

/** Somebody to act as (`Impersonate-User`, `Impersonate-Group`). */
export interface Impersonation {
  readonly user: string;
  readonly groups?: readonly string[];
}

export interface ApiRequest {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  /** Path and query, below the server's own path. */
  readonly path: string;
  readonly accept?: string;
  /** How a 200 is read: JSON unless said otherwise. */
  readonly expects?: 'json' | 'text';
  readonly body?: { readonly type: string; readonly text: string };
  /** `planner`: the identity for planning, where one is configured. `own`: the kubeconfig's. */
  readonly as: 'planner' | 'own';
  readonly repeatability: Repeatability;
  /** Ends the request early, beside its time limit. */
  readonly signal?: AbortSignal;
}

/** An answer of any status, or none. `body` is JSON where it parses, else text; `characters` is its length as it came. */
export type ApiAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Json; readonly characters: number }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The lines of a stream that stays open, or the answer instead of one. Reading the lines rejects when the connection breaks. */
export type StreamAnswer = { readonly kind: 'streaming'; readonly lines: AsyncIterable<Json> } | ApiAnswer;

export interface ApiClientOptions {
  readonly cluster: string;
  /** Read again when the API refuses the credentials. */
  readonly access: () => ClusterAccess;
  readonly planAs?: Impersonation;
  readonly requestTimeoutMs: number;
  readonly log: ClusterLog;
}

interface Connection {
  readonly authenticate: Authenticate;
  readonly server: URL;
  readonly access: ClusterAccess;
  pool?: { readonly tls: string; readonly dispatcher: Pool };
}

interface Attempted {
  readonly answer: ApiAnswer;
  readonly outcome: Attempt['outcome'];
  readonly retryAfterMs?: number;
}

const mostInFlight = 12;
const connectTimeoutMs = 10_000;
const idleConnectionMs = 30_000;
/** Longer than the API server keeps a quiet watch open: only a dead connection is silent for so long. */
const quietStreamMs = 5 * 60_000;

/**
 * HTTP to one API server: one pool of kept-alive connections, at most twelve requests in flight (streams not counted), each bounded in
 * time, repeated as `pauseBeforeRetry` allows. Never throws for what the server or the network does.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #limited = inFlightLimit(mostInFlight);
  readonly #closing = new AbortController();
  #connection: Promise<Connection> | undefined;
  #credentials: Promise<Credentials> | undefined;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** Aborted by `close`. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  async request(request: ApiRequest): Promise<ApiAnswer> {
    return this.#limited(() => this.#requestWithRetries(request));
  }

  /** GET whose answer's lines are read as they come, until `signal` aborts. */
  async stream(
    request: { readonly path: string; readonly as: ApiRequest['as'] },
    signal: AbortSignal,
  ): Promise<StreamAnswer> {
    try {
      const response = await this.#send({ method: 'GET', repeatability: 'read', ...request }, signal, quietStreamMs);
      if (response.statusCode === 200) return { kind: 'streaming', lines: jsonLines(response.body) };
      if (response.statusCode === 401) this.#forgetCredentials();
      const text = await response.body.text();
      return { kind: 'answered', status: response.statusCode, body: readBody(text), characters: text.length };
    } catch (error) {
      return { kind: 'unreachable', reason: (await this.#fault(error)).reason };
    }
  }

  /** Ends every connection and stream; what is asked afterwards is answered `unreachable`. */
  async close(): Promise<void> {
    this.#closing.abort();
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.pool?.dispatcher.destroy();
  }

  async #requestWithRetries(request: ApiRequest): Promise<ApiAnswer> {
    const { cluster, log, requestTimeoutMs } = this.#options;
    let waitedMs = 0;
    let renewed = false;
    for (let number = 1; ; number += 1) {
      const { answer, ...attempted } = await this.#attempt(request);
      if (attempted.outcome === 401 && !renewed) {
        renewed = true;
        this.#forgetCredentials();
        continue;
      }
      const pauseMs = pauseBeforeRetry({ ...attempted, number, waitedMs }, request.repeatability, requestTimeoutMs);
      if (pauseMs === undefined || this.closed.aborted || request.signal?.aborted) return answer;
      log.debug(
        { cluster, method: request.method, path: request.path, outcome: attempted.outcome, pauseMs },
        'asking the API again',
      );
      await pause(pauseMs, undefined, { signal: this.closed }).catch(() => undefined);
      waitedMs += pauseMs;
    }
  }

  async #attempt(request: ApiRequest): Promise<Attempted> {
    const timeoutMs = this.#options.requestTimeoutMs;
    try {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
      const response = await this.#send(request, signal, timeoutMs);
      const text = await response.body.text();
      const after = retryAfterMs(one(response.headers['retry-after']));
      return {
        answer:
          request.expects === 'text' && response.statusCode === 200
            ? { kind: 'answered', status: 200, body: text, characters: text.length }
            : this.#read(response.statusCode, text, one(response.headers['content-type'])),
        outcome: response.statusCode,
        ...(after !== undefined && { retryAfterMs: after }),
      };
    } catch (error) {
      const fault = await this.#fault(error);
      return {
        answer: { kind: 'unreachable', reason: fault.reason },
        outcome: fault.passing ? 'passing-fault' : 'lasting-fault',
      };
    }
  }

  #read(status: number, text: string, contentType: string | undefined): ApiAnswer {
    const body = readBody(text);
    if (status !== 200 || isJsonObject(body)) return { kind: 'answered', status, body, characters: text.length };
    const type = contentType === undefined ? 'no content type' : contentType.slice(0, 80);
    return {
      kind: 'unreachable',
      reason: `the answer is not JSON (${type}); is this server the Kubernetes API, or a proxy before it?`,
    };
  }

  async #send(request: ApiRequest, signal: AbortSignal, quietMs: number): Promise<Dispatcher.ResponseData> {
    if (this.closed.aborted) throw new AuthenticationFault('the connection was closed');
    const connection = await this.#connect();
    const credentials = await this.#authenticate(connection, signal);
    const pool = await this.#pool(connection, credentials);
    return pool.request({
      method: request.method,
      path: `${connection.server.pathname.replace(/\/$/, '')}${request.path}`,
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': 'planwright',
        ...(request.body && { 'content-type': request.body.type }),
        ...credentials.headers,
        ...this.#impersonation(connection.access, request.as),
      },
      ...(request.body && { body: request.body.text }),
      signal,
      headersTimeout: quietMs,
      bodyTimeout: quietMs,
    });
  }

  #connect(): Promise<Connection> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    try {
      const access = this.#options.access();
      return { access, server: new URL(access.cluster.server), authenticate: await authenticator(access) };
    } catch (error) {
      throw new AuthenticationFault(error instanceof Error ? error.message : 'the credentials cannot be read');
    }
  }

  /** One run of a plugin serves all requests that wait for it; the provider itself keeps what has not ended. */
  async #authenticate(connection: Connection, signal: AbortSignal): Promise<Credentials> {
    this.#credentials ??= connection.authenticate().finally(() => {
      this.#credentials = undefined;
    });
    try {
      return await orAbort(this.#credentials, signal);
    } catch (error) {
      if (signal.aborted) throw new AuthenticationFault('authentication did not end in time');
      throw new AuthenticationFault(error instanceof Error ? error.message : 'authentication failed');
    }
  }

  async #pool(connection: Connection, { ca, cert, key }: Credentials): Promise<Pool> {
    const { Pool: UndiciPool } = await import('undici');
    const tls = JSON.stringify([ca, cert, key]);
    if (connection.pool?.tls === tls) return connection.pool.dispatcher;
    if (this.closed.aborted) throw new AuthenticationFault('the connection was closed');
    // A plugin has renewed its client certificate: requests under way end on the old connections.
    connection.pool?.dispatcher.close().catch(() => undefined);
    const { skipTLSVerify, tlsServerName } = connection.access.cluster;
    const dispatcher = new UndiciPool(connection.server.origin, {
      keepAliveTimeout: idleConnectionMs,
      connect: {
        timeout: Math.min(connectTimeoutMs, this.#options.requestTimeoutMs),
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(skipTLSVerify && { rejectUnauthorized: false }),
        ...(tlsServerName && { servername: tlsServerName }),
      },
    });
    connection.pool = { tls, dispatcher };
    return dispatcher;
  }

  /** The next request reads the kubeconfig anew and runs a plugin again. */
  #forgetCredentials(): void {
    const old = this.#connection;
    this.#connection = undefined;
    old?.then((connection) => connection.pool?.dispatcher.close()).catch(() => undefined);
  }

  #impersonation(access: ClusterAccess, as: ApiRequest['as']): Record<string, string | string[]> {
    const planner = as === 'planner' ? this.#options.planAs : undefined;
    const user = planner?.user ?? access.user.impersonateUser;
    if (!user) return {};
    const groups = planner ? (planner.groups ?? []) : access.impersonatedGroups;
    return { 'impersonate-user': user, ...(groups.length > 0 && { 'impersonate-group': [...groups] }) };
  }

  async #fault(error: unknown): Promise<ConnectionFault> {
    if (error instanceof AuthenticationFault) return { passing: false, reason: error.message };
    const connection = await this.#connection?.catch(() => undefined);
    return describeConnectionFault(error, connection?.server.origin ?? 'the API');
  }
}

/** Nothing was sent, and sending it again would end alike. */
class AuthenticationFault extends Error {}

function readBody(text: string): Json {
  try {
    return parseExactJson(text);
  } catch {
    // Not the API server's answer, or its plain `404 page not found`.
    return text;
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

async function orAbort<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
