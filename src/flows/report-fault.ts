import type { CommitSha, Repository } from '../domain/identity.ts';
import { faultCheck } from '../domain/report/fault-check.ts';
import { groupPlanningId, planningId } from './planning-id.ts';
import type { Job } from './ports/jobs.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportCheck } from './report-check.ts';

/** Faults whose words are meant for everybody; others may name what only operators should see. */
const publicFaults = new Set(['CheckoutFailed', 'ClusterUnavailable', 'GitHubFault', 'GitHubBusy']);

type PlanningJob = Extract<Job, { readonly kind: 'pull-request' | 'merge-group' }>;

/**
 * Says on an open pull request, or on a merge group, that planning fails, and why. A fault on the way there is only logged: it is most likely the same one.
 *
 * @returns whether it is said
 */
export async function reportFault(ports: PullRequestPorts, job: PlanningJob, fault: unknown): Promise<boolean> {
  try {
    const repository = await ports.github.repository(job.installation, job.repository);
    const planning = repository === undefined ? undefined : await planningOf(ports, repository, job);
    if (repository === undefined || planning === undefined) return false;
    const text = faultCheck(
      fault instanceof Error && publicFaults.has(fault.name) ? fault.message : 'Planwright met a fault of its own.',
    );
    for (const name of ['planwright/plan', 'planwright/gate'] as const) {
      await reportCheck(ports, repository, {
        origin: name === 'planwright/plan' ? planning.id : `gate:${planning.id}`,
        sha: planning.head,
        name,
        text,
        annotations: [],
        conclusion: 'failure',
      });
    }
    return true;
  } catch (error) {
    ports.log.warn({ job, error }, 'the fault could not be reported on GitHub');
    return false;
  }
}

/** The planning that fails, by the id that it will have once it does not; undefined when nobody waits for it any more. */
async function planningOf(
  ports: PullRequestPorts,
  repository: Repository,
  job: PlanningJob,
): Promise<{ readonly id: string; readonly head: CommitSha } | undefined> {
  switch (job.kind) {
    case 'pull-request': {
      const pull = await ports.github.pullRequest(repository, job.pull);
      if (pull === undefined || pull.state !== 'open') return undefined;
      const runs = await ports.store.planRuns(repository.id, pull.number);
      return { id: planningId(repository, pull.number, runs.length + 1), head: pull.head.sha };
    }
    case 'merge-group': {
      const { refHead } = await ports.github.mergeQueue(repository, job);
      if (refHead !== job.head) return undefined;
      const known = await ports.store.mergeGroup(repository.id, job.head);
      return { id: groupPlanningId(repository, job.head, (known?.planned?.count ?? 0) + 1), head: job.head };
    }
  }
}
