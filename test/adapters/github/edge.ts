import nock from 'nock';
import { gitHubApi } from '../../../src/adapters/github/github-api.ts';
import { ThrottledOctokit } from '../../../src/adapters/github/throttled-octokit.ts';
import { commitSha, installationId, pullNumber, repositoryId } from '../../../src/domain/identity.ts';
import type { GitHub, PullRequest } from '../../../src/flows/ports/github.ts';

export const appId = 4711;
export const token = 'ghs_canary0123456789';
export const nowMs = Date.parse('2026-03-01T12:00:00Z');
export const sha = commitSha('a'.repeat(40));

export const repository = { id: repositoryId(11), installation: installationId(5), owner: 'acme', name: 'infra' };

export const alice = { id: 1, login: 'alice', type: 'User' };
export const ownBot = { id: 99, login: 'planwright[bot]', type: 'Bot' };

/** GitHub as `nock` plays it. */
export function gitHubServer(): nock.Scope {
  return nock('https://api.github.com');
}

let clients = 0;

/** The adapter without queues, and with retries and waits a thousand times faster. */
export function apiAtTheEdge(throttle: object = { enabled: false }): {
  readonly github: GitHub;
  readonly warnings: string[];
} {
  const octokit = new ThrottledOctokit({
    // Each client has its own queue, as each installation has.
    auth: { token, installationId: ++clients },
    retry: { retryAfterBaseValue: 1 },
    throttle,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const warnings: string[] = [];
  const github = gitHubApi({
    octokitFor: async () => octokit,
    appId,
    appSlug: async () => 'planwright',
    log: { warn: (facts, message) => warnings.push(`${message} ${JSON.stringify(facts)}`) },
    now: () => nowMs,
  });
  return { github, warnings };
}

export const pull: PullRequest = {
  repository,
  number: pullNumber(7),
  title: 'More replicas',
  state: 'open',
  draft: false,
  author: { id: 1, login: 'alice', bot: false },
  head: { sha, ref: 'more', fork: false, repository: { owner: 'acme', name: 'infra' } },
  base: { ref: 'main', isDefaultBranch: true },
  labels: ['risky'],
  commits: 1,
};

/** What a promise rejects with; fails the test when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof Error) return outcome.error;
  throw new Error(`expected a rejection, got ${JSON.stringify(outcome)}`);
}

/** Every word that a log would print of an error: messages, stacks, causes and their fields. */
export function everythingAbout(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const fields = Object.entries(error).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [error.message, error.stack, ...fields, everythingAbout(error.cause)].join('\n');
}
