import type { InstallationId } from '../../domain/identity.ts';
import { type Asked, asFault, GitHubFault, isGone, nameOf } from './github-fault.ts';
import type { InstallationOctokit } from './throttled-octokit.ts';

const pageSize = 100;

/** One of `octokit.rest.*`, or an endpoint made with `request.defaults`. */
export interface Method<Parameters, Data> {
  (parameters?: Parameters & { readonly request?: object }): Promise<Answer<Data>>;
  readonly endpoint: { readonly DEFAULTS: { readonly method: string; readonly url: string } };
}

interface Answer<Data> {
  readonly data: Data;
  readonly headers: { readonly link?: string | undefined };
}

/** One request and how its answer becomes a value. What `read` throws becomes a fault that names the request. */
export interface Call<Parameters extends object, Data, Value> {
  readonly installation: InstallationId;
  readonly method: (octokit: InstallationOctokit) => Method<Parameters, Data>;
  readonly parameters: NoInfer<Parameters>;
  readonly read: (data: Data) => Value;
}

/** Requests to GitHub. Each rejects with `GitHubBusy`, `InstallationUnusable` or `GitHubFault` only. */
export interface Calls {
  /** For everything that may be repeated; a 5xx is, by the client. */
  ask<P extends object, D, V>(call: Call<P, D, V>): Promise<V>;
  /** As `ask`; undefined when GitHub says that there is no such thing (404, 410). */
  find<P extends object, D, V>(call: Call<P, D, V>): Promise<V | undefined>;
  /** Sent at most once, never redirected: for requests that make something. */
  once<P extends object, D, V>(call: Call<P, D, V>): Promise<V>;
  /** All pages, one by one. */
  pages<P extends object, D, I>(call: Call<P, D, readonly I[]>): AsyncGenerator<I>;
  /** `query` names its operation. */
  graphql<V>(query: GraphqlCall<V>): Promise<V>;
}

export interface GraphqlCall<Value> {
  readonly installation: InstallationId;
  readonly operation: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, string | number | null>>;
  readonly read: (data: unknown) => Value;
}

export interface CallsOptions {
  readonly octokitFor: (installation: InstallationId) => Promise<InstallationOctokit>;
  readonly now: () => number;
}

export function callsTo({ octokitFor, now }: CallsOptions): Calls {
  async function send<P extends object, D, V>(
    call: Call<P, D, V>,
    request: object = {},
  ): Promise<{ value: V; link: string }> {
    let asked: Asked = {
      method: 'POST',
      template: '/app/installations/{installation_id}/access_tokens',
      parameters: { installation_id: call.installation },
    };
    try {
      const method = call.method(await octokitFor(call.installation));
      asked = {
        method: method.endpoint.DEFAULTS.method,
        template: method.endpoint.DEFAULTS.url,
        parameters: { ...call.parameters },
      };
      const { data, headers } = await method({ ...call.parameters, request });
      // Octokit hands over text when a body is not JSON, or breaks off: a proxy's page, a cut connection.
      if (!isJson(data))
        throw new GitHubFault(`${nameOf(asked)}: the answer is not JSON. Trying again later may help.`);
      return { value: call.read(data), link: headers.link ?? '' };
    } catch (error) {
      throw asFault(error, asked, now());
    }
  }

  return {
    ask: async (call) => (await send(call)).value,
    find: async (call) => {
      try {
        return (await send(call)).value;
      } catch (fault) {
        if (isGone(fault)) return undefined;
        throw fault;
      }
    },
    // A 502 may come after the effect, and fetch turns a redirected POST into a GET.
    once: async (call) => (await send(call, { retries: 0, redirect: 'error' })).value,
    // Not octokit.paginate: it takes an empty answer and a 409 for an empty list, and here unknown must not mean nothing.
    pages: async function* (call) {
      for (let page = 1; ; page += 1) {
        const { value, link } = await send({ ...call, parameters: { ...call.parameters, per_page: pageSize, page } });
        yield* value;
        if (value.length < pageSize && !link.includes('rel="next"')) return;
      }
    },
    graphql: async ({ installation, operation, query, variables, read }) => {
      const asked: Asked = { method: 'POST', template: `/graphql ${operation}`, parameters: {} };
      try {
        const octokit = await octokitFor(installation);
        return read(await octokit.graphql(query, variables));
      } catch (error) {
        throw asFault(error, asked, now());
      }
    },
  };
}

function isJson(data: unknown): boolean {
  return typeof data === 'object' && data !== null && !(data instanceof ArrayBuffer);
}

/** Gathers all pages. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  return Array.fromAsync(items);
}
