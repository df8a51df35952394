import type { Probot } from 'probot';
import type { InstallationId, RepositoryId } from '../../domain/identity.ts';
import { type Asked, asFault, GitHubFault, nameOf } from './github-fault.ts';
import { type InstallationOctokit, ThrottledOctokit } from './throttled-octokit.ts';

/** Tokens live an hour; one is not handed out in its last five minutes. */
const reserveMs = 5 * 60_000;
const clientTokenLifetimeMs = 60 * 60_000 - reserveMs;

export interface InstallationClients {
  /** The installation's one client. Its token is renewed before it expires, and once more when GitHub refuses it. */
  octokitFor(installation: InstallationId): Promise<InstallationOctokit>;
  /** For git: may read this repository's contents and nothing else, for at least five more minutes. Never log it. */
  installationToken(installation: InstallationId, repository: RepositoryId): Promise<string>;
  /** The app's name as in its bot's login. */
  appSlug(): Promise<string>;
}

export interface InstallationClientsOptions {
  readonly app: Pick<Probot, 'auth'>;
  /** False lets writes go out as fast as they come: for a GitHub of one's own that has no limits. */
  readonly throttled?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function installationClients({
  app,
  now = Date.now,
  throttled = true,
}: InstallationClientsOptions): InstallationClients {
  const clients = new Map<InstallationId, Promise<InstallationOctokit>>();
  const gitTokens = new Map<string, Promise<Token>>();
  let slug: Promise<string> | undefined;

  async function installationToken(installation: InstallationId, repository: RepositoryId): Promise<string> {
    const key = `${installation}/${repository}`;
    const known = gitTokens.get(key);
    if (known === undefined) {
      const made = newGitToken(app, { installation, repository, now });
      gitTokens.set(key, made);
      made.catch(() => gitTokens.delete(key));
      return (await made).token;
    }
    const { token, expiresAtMs } = await known;
    if (expiresAtMs - reserveMs > now()) return token;
    // Whoever wakes first forgets it; the others find the new one.
    if (gitTokens.get(key) === known) gitTokens.delete(key);
    return installationToken(installation, repository);
  }

  return {
    octokitFor: (installation) => {
      const known = clients.get(installation);
      if (known !== undefined) return known;
      const client = newClient(app, { installation, now, throttled });
      client.catch(() => clients.delete(installation));
      clients.set(installation, client);
      return client;
    },

    installationToken,

    appSlug: () => {
      slug ??= askSlug(app, now);
      slug.catch(() => {
        slug = undefined;
      });
      return slug;
    },
  };
}

async function newClient(
  app: Pick<Probot, 'auth'>,
  {
    installation,
    now,
    throttled,
  }: { readonly installation: InstallationId; readonly now: () => number; readonly throttled: boolean },
): Promise<InstallationOctokit> {
  const tokens = tokenCache(now);
  const appClient = await app.auth();
  const client = (await appClient.auth({
    type: 'installation',
    installationId: installation,
    factory: ({ octokitOptions }: { octokitOptions: ConstructorParameters<typeof ThrottledOctokit>[0] }) =>
      new ThrottledOctokit({
        ...octokitOptions,
        ...(throttled ? {} : { throttle: { enabled: false } }),
        auth: { ...octokitOptions?.auth, installationId: installation, cache: tokens },
      }),
  })) as InstallationOctokit;
  // A token may die before its hour is over, e.g. when an installation is suspended and unsuspended. What was refused had no effect.
  client.hook.wrap('request', async (request, options) => {
    try {
      return await request(options);
    } catch (error) {
      if (!isUnauthorized(error) || !tokens.clear()) throw error;
      return request(options);
    }
  });
  return client;
}

/** Holds an installation's token for as long as it is surely good; the key is the authentication library's. */
function tokenCache(now: () => number) {
  const held = new Map<string, { readonly value: string; readonly untilMs: number }>();
  return {
    get: (key: string): string | undefined => {
      const entry = held.get(key);
      return entry !== undefined && entry.untilMs > now() ? entry.value : undefined;
    },
    set: (key: string, value: string): void => {
      held.set(key, { value, untilMs: now() + clientTokenLifetimeMs });
    },
    /** False when there was nothing to forget. */
    clear: (): boolean => {
      const some = held.size > 0;
      held.clear();
      return some;
    },
  };
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 401;
}

interface Token {
  readonly token: string;
  readonly expiresAtMs: number;
}

async function newGitToken(
  app: Pick<Probot, 'auth'>,
  {
    installation,
    repository,
    now,
  }: { readonly installation: InstallationId; readonly repository: RepositoryId; readonly now: () => number },
): Promise<Token> {
  const asked: Asked = {
    method: 'POST',
    template: '/app/installations/{installation_id}/access_tokens',
    parameters: { installation_id: installation },
  };
  try {
    const { rest } = await app.auth();
    const { data } = await rest.apps.createInstallationAccessToken({
      installation_id: installation,
      repository_ids: [repository],
      permissions: { contents: 'read' },
    });
    const expiresAtMs = Date.parse(data.expires_at);
    // The answer may hold a token all the same, so it is not kept as a cause.
    if (!data.token || Number.isNaN(expiresAtMs)) throw new GitHubFault(`${nameOf(asked)}: the answer holds no token`);
    return { token: data.token, expiresAtMs };
  } catch (error) {
    throw asFault(error, asked, now());
  }
}

async function askSlug(app: Pick<Probot, 'auth'>, now: () => number): Promise<string> {
  const asked: Asked = { method: 'GET', template: '/app', parameters: {} };
  try {
    const { rest } = await app.auth();
    const { data } = await rest.apps.getAuthenticated();
    if (!data?.slug) throw new GitHubFault(`${nameOf(asked)}: the answer names no app`);
    return data.slug;
  } catch (error) {
    throw asFault(error, asked, now());
  }
}
