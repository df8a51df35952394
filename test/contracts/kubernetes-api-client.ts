import { Agent, request } from 'undici';

/** How to reach the API server that a suite runs against. */
export interface ApiAccess {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  close(): Promise<void>;
}

export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: string;
  readonly fieldsV1: unknown;
  readonly subresource?: string;
}

/** Whatever the API answers, as far as the suite reads it; the rest is matched as a whole. */
export interface ApiDocument {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly ManagedFieldsEntry[];
    readonly continue?: string;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly [field: string]: unknown };
  readonly status?: { readonly [field: string]: unknown; readonly conditions?: readonly Condition[] };
  readonly items: readonly ApiDocument[];
  readonly message: string;
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: ApiDocument;
}

export interface Reply {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: ApiDocument;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Call {
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApplyCall {
  readonly manager?: string;
  readonly query?: string;
}

/** Plain HTTP to an API server, without any of a Kubernetes client's help. */
export interface KubernetesApiClient {
  call(method: Method, path: string, call?: Call): Promise<Reply>;
  get(path: string, accept?: string): Promise<Reply>;
  post(path: string, body: unknown): Promise<Reply>;
  put(path: string, body: unknown): Promise<Reply>;
  /** Without options nothing is sent: a server reads the query of a delete only when there is no body. */
  delete(path: string, options?: unknown): Promise<Reply>;
  /** Server-side apply; the manager is `suite` unless another is named. */
  apply(path: string, body: unknown, call?: ApplyCall): Promise<Reply>;
  mergePatch(path: string, patch: unknown, manager: string): Promise<Reply>;
  /** Reads a watch until `isEnough`, or until the server ends it. */
  watch(path: string, isEnough: (events: readonly WatchEvent[]) => boolean): Promise<readonly WatchEvent[]>;
  close(): Promise<void>;
}

export function createKubernetesApiClient(access: ApiAccess): KubernetesApiClient {
  const dispatcher = new Agent({ connect: access.tls });

  async function call(method: Method, path: string, { body, headers = {} }: Call = {}): Promise<Reply> {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await request(access.url + path, {
      method,
      dispatcher,
      headers: { 'user-agent': 'contract-suite/1', ...access.headers, ...headers },
      body: sent ?? null,
    });
    const text = await answer.body.text();
    return { code: answer.statusCode, headers: answer.headers, text, body: parse(text) };
  }

  const json = { 'content-type': 'application/json' };
  return {
    call,
    get: (path, accept = 'application/json') => call('GET', path, { headers: { accept } }),
    post: (path, body) => call('POST', path, { body, headers: json }),
    put: (path, body) => call('PUT', path, { body, headers: json }),
    delete: (path, options) => call('DELETE', path, options === undefined ? {} : { body: options, headers: json }),
    apply: (path, body, { manager = 'suite', query = '' } = {}) =>
      call('PATCH', `${path}?fieldManager=${manager}${query === '' ? '' : `&${query}`}`, {
        body,
        headers: { 'content-type': 'application/apply-patch+yaml' },
      }),
    mergePatch: (path, patch, manager) =>
      call('PATCH', `${path}?fieldManager=${manager}`, {
        body: patch,
        headers: { 'content-type': 'application/merge-patch+json' },
      }),
    async watch(path, isEnough) {
      const events: WatchEvent[] = [];
      const { body } = await request(access.url + path, { dispatcher, headers: access.headers });
      let rest = '';
      for await (const chunk of body.setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.filter((line) => line !== '').map((line): WatchEvent => JSON.parse(line)));
        if (isEnough(events)) break;
      }
      return events;
    },
    async close() {
      await dispatcher.close();
      await access.close();
    },
  };
}

function parse(text: string): ApiDocument {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse('{}');
  }
}
