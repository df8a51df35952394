import type { Caller, Needs } from '../access.ts';
import type { Repository } from '../model/state.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface Call {
  readonly caller: Caller;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** The full address asked for; pages link to their neighbours with it. */
  readonly url: URL;
}

export interface RepositoryCall extends Call {
  readonly repository: Repository;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Route =
  | {
      readonly kind: 'plain';
      readonly method: Method;
      readonly template: string;
      readonly callers: readonly Caller['kind'][];
      readonly handle: (call: Call) => Answer | Promise<Answer>;
    }
  | {
      readonly kind: 'repository';
      readonly method: Method;
      readonly template: string;
      readonly needs: Needs;
      readonly handle: (call: RepositoryCall) => Answer | Promise<Answer>;
    };

export const ok = (body: unknown): Answer => ({ status: 200, body });

export const created = (body: unknown): Answer => ({ status: 201, body });

export const noContent: Answer = { status: 204, body: null };

/** Below `/repos/{owner}/{repo}`. */
export function onRepository(
  operation: `${Method} ${string}`,
  needs: Needs,
  handle: (call: RepositoryCall) => Answer | Promise<Answer>,
): Route {
  const [method, rest] = split(operation);
  return { kind: 'repository', method, template: `/repos/{owner}/{repo}${rest}`, needs, handle };
}

export function plain(
  operation: `${Method} ${string}`,
  callers: readonly Caller['kind'][],
  handle: (call: Call) => Answer | Promise<Answer>,
): Route {
  const [method, template] = split(operation);
  return { kind: 'plain', method, template, callers, handle };
}

/** An app permission (or any of several) and the level of a person; `none` shuts people out. */
export const needs = (app: string | readonly string[], person: Needs['person'] = 'read'): Needs => ({
  app: typeof app === 'string' ? [app] : app,
  person,
});

function split(operation: string): [Method, string] {
  const at = operation.indexOf(' ');
  return [operation.slice(0, at) as Method, operation.slice(at + 1).replace(/^\/$/, '')];
}
