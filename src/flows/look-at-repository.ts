import { commitSha, parseTargetName } from '../domain/identity.ts';
import { answerHoldCommands } from './answer-commands.ts';
import { answerPresses } from './answer-presses.ts';
import { deploymentInQuestion } from './deployment-in-question.ts';
import type { Job } from './ports/jobs.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { holdKeyPrefix } from './report-hold.ts';

/** Asks for a look at every open pull request that a push, a check or an installation may concern. */
export async function lookAtRepository(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'repository' }>,
): Promise<void> {
  const repository = await ports.github.repository(job.installation, job.repository);
  if (repository === undefined)
    return ports.log.warn({ repository: job.repository }, 'the installation cannot see this repository (any more)');
  await ports.store.firstSeen(repository.id, ports.clock.nowMs());
  await ports.store.nameRepository(repository);
  if (job.headSha !== undefined) await answerPresses(ports, repository, commitSha(job.headSha));
  const filter = {
    ...(job.branch === undefined ? {} : { base: job.branch }),
    ...(job.headSha === undefined ? {} : { headSha: commitSha(job.headSha) }),
  };
  const numbers = await ports.github.openPullRequests(repository, filter);
  for (const pull of numbers)
    await ports.store.requestJob({
      job: { kind: 'pull-request', installation: repository.installation, repository: repository.id, pull },
    });
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
