import { Probot } from 'probot';
import { type InstallationOctokit, ThrottledOctokit } from '../../adapters/github/throttled-octokit.ts';
import type { Log } from '../../flows/ports/clock.ts';
import { probotLog } from './probot-log.ts';

export interface AppIdentity {
  readonly id: number;
  /** PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
}

export interface GitHubAddress {
  /** `github.com`, or GHE_HOST with its port if it has one. */
  readonly host: string;
  readonly protocol: 'http' | 'https';
}

/** The GitHub App. Nothing is asked of GitHub before the first call of its clients; the process's environment is not read. */
export function createApp({
  app,
  gitHub,
  log,
}: {
  readonly app: AppIdentity;
  readonly gitHub: GitHubAddress;
  readonly log: Log;
}): Probot {
  return new Probot({
    appId: app.id,
    privateKey: app.privateKey,
    secret: app.webhookSecret,
    Octokit: EventsWithoutClients,
    log: probotLog(log),
    baseUrl: apiAddress(gitHub),
  });
}

/** `new Probot` reads no GHE_HOST, only its command line does. */
function apiAddress({ host, protocol }: GitHubAddress): string {
  return host === 'github.com' ? 'https://api.github.com' : `${protocol}://${host}/api/v3`;
}

/**
 * Probot makes a new client for each event, which takes longer than all else that is done with a delivery. Our handler calls nobody, so all
 * events get the one client that Probot makes for an event without installation: it has no credentials and says so when it is used.
 */
const EventsWithoutClients = ThrottledOctokit.plugin((octokit) => {
  const authenticate = octokit.auth as Authenticate;
  let shared: Promise<unknown> | undefined;
  const auth = (options: AuthOptions): Promise<unknown> => {
    if (options?.type !== 'event-octokit') return authenticate(options);
    shared ??= authenticate({ type: 'event-octokit', event: { name: 'any', payload: {} } });
    return shared;
  };
  octokit.auth = Object.assign(auth, { hook: authenticate.hook }) as InstallationOctokit['auth'];
});

type AuthOptions = { readonly type: string; readonly [key: string]: unknown } | undefined;

interface Authenticate {
  (options: AuthOptions): Promise<unknown>;
  readonly hook: unknown;
}
