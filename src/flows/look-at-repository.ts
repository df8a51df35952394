import {
  type CommitSha,
  commitSha,
  type PullNumber,
  parseTargetName,
  type Repository,
  type TargetName,
} from '../domain/identity.ts';
import { answerHoldCommands } from './answer-commands.ts';
import { answerPresses } from './answer-presses.ts';
import { findMovement, isConcerned } from './base-movement.ts';
import { deploymentInQuestion } from './deployment-in-question.ts';
import { requestGroupLooks } from './look-at-merge-group.ts';
import { passOnOrganizationFile } from './pass-on-organization-file.ts';
import type { Job } from './ports/jobs.ts';
import type { Records } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { holdKeyPrefix } from './report-hold.ts';

/** So many pull requests are looked at without waiting for one another. */
const atOnce = 8;
/**
 * Those after them come one by one: a look costs up to five writes, GitHub takes eighty a minute from an installation, and people who push and review
 * meanwhile, here and in the account's other repositories, come first.
 */
const paceMs = 5_000;

/**
 * Asks for a look at the open pull requests that a push, a check or an installation may concern, the newest first. Of a base branch that moved these are the
 * ones that share something with what moved.
 */
export async function lookAtRepository(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'repository' }>,
): Promise<void> {
  const repository = await ports.github.repository(job.installation, job.repository);
  if (repository === undefined)
    return ports.log.warn({ repository: job.repository }, 'the installation cannot see this repository (any more)');
  await ports.store.firstSeen(repository.id, ports.clock.nowMs());
  await ports.store.nameRepository(repository);
  if (job.branch !== undefined) await passOnOrganizationFile(ports, repository);
  if (job.headSha !== undefined) await answerPresses(ports, repository, commitSha(job.headSha));
  await requestGroupLooks(
    ports.store,
    repository,
    ({ branch, head }) =>
      (job.branch === undefined || job.branch === branch) && (job.headSha === undefined || job.headSha === head),
  );
  const filter = {
    ...(job.branch === undefined ? {} : { base: job.branch }),
    ...(job.headSha === undefined ? {} : { headSha: commitSha(job.headSha) }),
  };
  const numbers = await ports.github.openPullRequests(repository, filter);
  const newest = numbers.toSorted((left, right) => right - left);
  if (job.target !== undefined)
    return requestLooks(
      ports,
      repository,
      await plannedFor(ports, repository, { target: job.target, numbers: newest }),
    );
  if (job.branch === undefined) return requestLooks(ports, repository, newest);
  if (newest.length === 0) return;
  const { tip } = await ports.checkout.fetchBranch(repository, job.branch);
  const concerned = await concernedBy(ports, repository, { branch: job.branch, tip, numbers: newest });
  await ports.store.transaction(async (records) => {
    await requestLooks({ store: records }, repository, concerned);
    await records.saveReported({
      key: baseKey(job.branch ?? ''),
      repository: repository.id,
      externalId: tip,
      content: '',
      closed: false,
    });
  });
}

async function requestLooks(
  { store }: { readonly store: Pick<Records, 'requestJob'> },
  repository: Repository,
  numbers: readonly PullNumber[],
): Promise<void> {
  for (const [index, pull] of numbers.entries())
    await store.requestJob({
      job: { kind: 'pull-request', installation: repository.installation, repository: repository.id, pull },
      delayMs: Math.max(0, index + 1 - atOnce) * paceMs,
    });
}

/** Their branch did not move; what is pending in their plans, and what they start from, did. */
async function plannedFor(
  { store }: Pick<PullRequestPorts, 'store'>,
  repository: Repository,
  { target, numbers }: { readonly target: TargetName; readonly numbers: readonly PullNumber[] },
): Promise<readonly PullNumber[]> {
  const runs = await store.latestRuns(repository.id, numbers);
  return numbers.filter((number) => runs.get(number)?.targets.has(target) === true);
}

/** All of them when nobody knows where the branch was, or what its move means. */
async function concernedBy(
  ports: PullRequestPorts,
  repository: Repository,
  at: { readonly branch: string; readonly tip: CommitSha; readonly numbers: readonly PullNumber[] },
): Promise<readonly PullNumber[]> {
  const last = await ports.store.reported(repository.id, baseKey(at.branch));
  const movement =
    last === undefined
      ? undefined
      : await findMovement(ports, repository, { from: commitSha(last.externalId), to: at.tip });
  if (movement === undefined) return at.numbers;
  if (movement.paths.size === 0) return [];
  const runs = await ports.store.latestRuns(repository.id, at.numbers);
  const concerned: PullNumber[] = [];
  for (const number of at.numbers) {
    const run = runs.get(number);
    if (run?.base !== at.tip && (await isConcerned(ports.checkout, repository, { movement, run })))
      concerned.push(number);
  }
  return concerned;
}

function baseKey(branch: string): string {
  return `base:${branch}`;
}

/** Comments on plain issues: only the open issues of our own holds are a place for commands. */
export async function lookAtHolds(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'holds' }>,
): Promise<void> {
  const repository = await ports.github.repository(job.installation, job.repository);
  if (repository === undefined) return;
  for (const item of await ports.store.reportedUnder(repository.id, holdKeyPrefix)) {
    if (item.githubId === undefined || item.closed) continue;
    const target = parseTargetName(item.key.slice(holdKeyPrefix.length));
    const deployment = await deploymentInQuestion(ports.store, { repository: repository.id, target });
    const pull = deployment === undefined ? undefined : await ports.github.pullRequest(repository, deployment.pull);
    if (pull !== undefined) await answerHoldCommands(ports, { pull, issue: item.githubId, target });
  }
}
