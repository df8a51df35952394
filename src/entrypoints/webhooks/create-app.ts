import type { Logger } from 'pino';
import { Probot } from 'probot';
import { type InstallationOctokit, ThrottledOctokit } from '../../adapters/github/throttled-octokit.ts';

export interface AppSettings {
  readonly appId: number | string;
  /** PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** GHE_HOST: `github.example.com`, with a port if it has one. Absent: github.com. */
  readonly gitHubHost?: string;
  /** GHE_PROTOCOL; default https. */
  readonly gitHubProtocol?: 'http' | 'https';
}

/** The GitHub App. Nothing is asked of GitHub before the first call of its clients; the process's environment is not read. */
export function createApp({
  log,
  ...settings
}: AppSettings & {
  readonly log: Logger;
}): Probot {
  return new Probot({
    appId: settings.appId,
    privateKey: settings.privateKey,
    secret: settings.webhookSecret,
    Octokit: EventsWithoutClients,
    log,
    // `new Probot` reads no GHE_HOST; only its command line does.
    ...(settings.gitHubHost === undefined
      ? {}
      : { baseUrl: `${settings.gitHubProtocol ?? 'https'}://${settings.gitHubHost}/api/v3` }),
  });
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
