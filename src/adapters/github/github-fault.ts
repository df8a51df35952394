import { GitHubBusy, InstallationUnusable } from '../../flows/ports/github.ts';

const oneMinuteMs = 60_000;

/** A request that GitHub did not answer, or answered with something unusable. The message names the method and the route. */
export class GitHubFault extends Error {
  /** Undefined when there was no answer, or none that could be read. */
  readonly status: number | undefined;

  constructor(message: string, details: { readonly status?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = 'GitHubFault';
    this.status = details.status;
  }
}

/** The installation has not granted what this request needs; other requests may well work. */
export class PermissionMissing extends InstallationUnusable {}

/** What was asked, for messages: never holds a header, hence never a token. */
export interface Asked {
  readonly method: string;
  /** With the parameters' names: `/repos/{owner}/{repo}`. */
  readonly template: string;
  readonly parameters: object;
}

/** `GET /repos/{owner}/{repo} (owner=acme repo=infra)` */
export function nameOf({ method, template, parameters }: Asked): string {
  const values = new Map<string, unknown>(Object.entries(parameters));
  const named = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => `${name}=${values.get(String(name))}`);
  return named.length === 0 ? `${method} ${template}` : `${method} ${template} (${named.join(' ')})`;
}

/** Turns whatever a client threw into what the flows understand: `GitHubBusy`, `InstallationUnusable` or `GitHubFault`. */
export function asFault(error: unknown, asked: Asked, nowMs: number): Error {
  if (error instanceof GitHubFault || error instanceof GitHubBusy || error instanceof InstallationUnusable)
    return error;
  const refusal = refusalOf(error);
  if (refusal === undefined)
    return new GitHubFault(`${nameOf(asked)}: the answer could not be used: ${reasonOf(error)}`, { cause: error });

  const waitMs = waitOf(refusal, nowMs);
  if (waitMs !== undefined) {
    const seconds = Math.ceil(waitMs / 1000);
    return new GitHubBusy(`${nameOf(asked)}: GitHub asks to wait ${seconds} s (${refusal.reason})`, waitMs, {
      cause: error,
    });
  }
  const sentence = `${nameOf(asked)}: ${refusal.reason}.`;
  if (lacksPermission(refusal))
    return new PermissionMissing(`${sentence} ${acceptPermissions(refusal)}`, { cause: error });
  const remedy = remedyOf(refusal);
  if (remedy !== undefined) return new InstallationUnusable(`${sentence} ${remedy}`, { cause: error });
  if (refusal.status === undefined) {
    return new GitHubFault(`${nameOf(asked)}: no answer from GitHub: ${refusal.reason}. Trying again later may help.`, {
      cause: error,
    });
  }
  const advice = refusal.status >= 500 ? ' Trying again later may help.' : '';
  return new GitHubFault(`${nameOf(asked)}: GitHub answered ${refusal.status}: ${refusal.reason}.${advice}`, {
    status: refusal.status,
    cause: error,
  });
}

/** True for a fault that says: what was asked for is not there. */
export function isGone(fault: unknown): boolean {
  return fault instanceof GitHubFault && (fault.status === 404 || fault.status === 410);
}

interface Refusal {
  readonly status: number | undefined;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  /** The refusal met the making of a token, not the request itself. */
  readonly forToken: boolean;
  readonly graphqlTypes: readonly string[];
}

interface ThrownByOctokit extends Error {
  readonly status?: number;
  readonly request?: { readonly url?: string };
  readonly response?: { readonly headers?: Refusal['headers']; readonly data?: unknown };
  readonly headers?: Refusal['headers'];
  readonly errors?: readonly { readonly type?: string; readonly message?: string }[];
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const thrown: ThrownByOctokit = error;
  if (thrown.name === 'GraphqlResponseError') {
    const errors = thrown.errors ?? [];
    return {
      status: 200,
      reason: brief(errors.map(({ message }) => message).join('; ')),
      headers: thrown.headers ?? {},
      forToken: false,
      graphqlTypes: errors.flatMap(({ type }) => type ?? []),
    };
  }
  if (typeof thrown.status !== 'number') return undefined;
  return {
    // Octokit gives 500 to a request that got no answer at all.
    status: thrown.response === undefined ? undefined : thrown.status,
    reason: typeof thrown.response?.data === 'string' ? 'not JSON' : reasonOf(error),
    headers: thrown.response?.headers ?? {},
    forToken: /\/app\/installations\/\d+\/access_tokens$/.test(thrown.request?.url ?? ''),
    graphqlTypes: [],
  };
}

function reasonOf(error: unknown): string {
  return brief(error instanceof Error ? error.message : String(error));
}

/** First line only, without the final stop: pages of proxies come as messages, too. */
function brief(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 300).replace(/\.$/, '');
}

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
function waitOf({ status, reason, headers, graphqlTypes }: Refusal, nowMs: number): number | undefined {
  const limited =
    status === 429 ||
    graphqlTypes.includes('RATE_LIMITED') ||
    (status === 403 &&
      (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(reason)));
  if (!limited) return undefined;
  const retryAfterSeconds = Number(headers['retry-after']);
  if (retryAfterSeconds > 0) return retryAfterSeconds * 1000;
  const resetMs = Number(headers['x-ratelimit-reset']) * 1000;
  const exhausted = headers['x-ratelimit-remaining'] === '0' || graphqlTypes.includes('RATE_LIMITED');
  // One second more, as the reset is given in whole seconds.
  if (exhausted && resetMs > 0) return Math.max(resetMs - nowMs, 0) + 1000;
  return oneMinuteMs;
}

function lacksPermission({ status, reason, graphqlTypes }: Refusal): boolean {
  const refused = status === 403 || graphqlTypes.includes('FORBIDDEN');
  return refused && /not accessible by integration/i.test(reason);
}

function acceptPermissions({ headers }: Refusal): string {
  const needed = headers['x-accepted-github-permissions'];
  const which = needed === undefined ? '' : ` (needed: ${needed})`;
  return `Accept the permissions that the app asks for in the installation's settings${which}.`;
}

function remedyOf({ status, reason, forToken }: Refusal): string | undefined {
  if (status === 403 && /suspended/i.test(reason)) {
    return "Unsuspend the installation in the account's settings under GitHub Apps.";
  }
  if (status === 401) return 'Check APP_ID, PRIVATE_KEY and the clock of this machine.';
  if (forToken && status === 404) return 'The app is not installed there any more: install it again, or check APP_ID.';
  if (forToken && status === 422) {
    return 'Give the installation access to the repository and accept the permissions that the app asks for.';
  }
  return undefined;
}
