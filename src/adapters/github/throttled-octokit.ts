import { ProbotOctokit } from 'probot';

/** The longest wait that is sat out inside one call; a longer one is the caller's to plan. */
const longestWaitSeconds = 10;
const waitsPerCall = 2;
const answerTimeoutMs = 30_000;

/** One client, acting as the app or as one installation. */
export type InstallationOctokit = InstanceType<typeof ProbotOctokit>;

/**
 * Probot's client with a queue for each installation, waits of at most ten seconds inside a call, and an end to every request.
 * Give it to Probot as `Octokit`, so that its own calls behave alike.
 */
export const ThrottledOctokit = ProbotOctokit.defaults((given: OctokitOptions) => ({
  ...given,
  // 429 is missing from the retry plugin's list: it would be asked again after one second, whatever GitHub said about waiting.
  retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451], ...given.retry },
  request: { ...given.request, fetch: boundedFetch(given.request?.fetch) },
  throttle: {
    ...given.throttle,
    // Without an id all installations of the process share one queue.
    id: String(given.auth?.installationId ?? 'app'),
    onRateLimit: waitInside,
    onSecondaryRateLimit: waitInside,
  },
}));

interface OctokitOptions {
  readonly auth?: { readonly installationId?: number };
  readonly retry?: object;
  readonly request?: { readonly fetch?: typeof fetch };
  readonly throttle?: object;
}

function waitInside(
  retryAfterSeconds: number,
  request: { readonly method: string; readonly url: string },
  octokit: Pick<InstallationOctokit, 'log'>,
  retryCount: number,
): boolean {
  if (retryAfterSeconds > longestWaitSeconds || retryCount >= waitsPerCall) return false;
  octokit.log.info(`GitHub's rate limit: ${request.method} ${request.url} waits ${retryAfterSeconds} s`);
  return true;
}

/** A deadline around each attempt; around the whole call it would also count the time in the queue. */
function boundedFetch(inner: typeof fetch | undefined): typeof fetch {
  return (input, init) => {
    const deadline = AbortSignal.timeout(answerTimeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    return (inner ?? globalThis.fetch)(input, { ...init, signal });
  };
}
