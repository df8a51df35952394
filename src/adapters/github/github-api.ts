import type { InstallationId } from '../../domain/identity.ts';
import type { Log } from '../../flows/ports/clock.ts';
import type { GitHub } from '../../flows/ports/github.ts';
import { callsTo } from './calls.ts';
import { checks } from './check-runs.ts';
import { conversation } from './conversation.ts';
import { deploymentRecords } from './deployments.ts';
import { mergeQueues } from './merge-queue.ts';
import { organizationFiles } from './organization-files.ts';
import { pullRequests } from './pull-requests.ts';
import { teams } from './teams.ts';
import type { InstallationOctokit } from './throttled-octokit.ts';

export interface GitHubApiOptions {
  readonly octokitFor: (installation: InstallationId) => Promise<InstallationOctokit>;
  readonly appId: number;
  /** The app's name as in its bot's login, `planwright` of `planwright[bot]`. */
  readonly appSlug: () => Promise<string>;
  readonly log: Pick<Log, 'warn'>;
  /** Milliseconds since 1970; for the waits that GitHub asks for. */
  readonly now?: () => number;
}

/**
 * GitHub over its REST and GraphQL interfaces. Every method rejects with `GitHubBusy`, `InstallationUnusable` or an error that names
 * the request and keeps its cause. Requests that make something are sent at most once: look for the effect before asking again.
 */
export function gitHubApi({ octokitFor, appId, appSlug, log, now = Date.now }: GitHubApiOptions): GitHub {
  const calls = callsTo({ octokitFor, now });
  return {
    ...pullRequests({ calls, log }),
    ...teams({ calls }),
    ...organizationFiles({ calls }),
    ...checks({ calls, appId }),
    ...mergeQueues({ calls }),
    ...conversation({ calls, appId, appSlug }),
    ...deploymentRecords({ calls, appId, appSlug }),
  };
}
