import { faultCheck } from '../domain/report/fault-check.ts';
import type { Job } from './ports/jobs.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportCheck } from './report-check.ts';

/** Faults whose words are meant for everybody; others may name what only operators should see. */
const publicFaults = new Set(['CheckoutFailed', 'ClusterUnavailable', 'GitHubFault', 'GitHubBusy']);

/**
 * Says on an open pull request that planning fails, and why. A fault on the way there is only logged: it is most likely the same one.
 *
 * @returns whether it is said
 */
export async function reportFault(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'pull-request' }>,
  fault: unknown,
): Promise<boolean> {
  try {
    const repository = await ports.github.repository(job.installation, job.repository);
    const pull = repository === undefined ? undefined : await ports.github.pullRequest(repository, job.pull);
    if (pull === undefined || pull.state !== 'open') return false;
    const runs = await ports.store.planRuns(pull.repository.id, pull.number);
    const text = faultCheck(
      fault instanceof Error && publicFaults.has(fault.name) ? fault.message : 'Planwright met a fault of its own.',
    );
    for (const name of ['planwright/plan', 'planwright/gate'] as const) {
      const planId = `plan:${pull.repository.id}:${pull.number}:${runs.length + 1}`;
      const origin = name === 'planwright/plan' ? planId : `gate:${planId}`;
      await reportCheck(ports, pull.repository, {
        origin,
        sha: pull.head.sha,
        name,
        text,
        annotations: [],
        conclusion: 'failure',
      });
    }
    return true;
  } catch (error) {
    ports.log.warn({ job, error }, 'the fault could not be reported on the pull request');
    return false;
  }
}
