import { faultCheck } from '../domain/report/fault-check.ts';
import type { Job } from './ports/jobs.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportCheck } from './report-check.ts';

/** Says on the pull request that planning fails, and why. A fault on the way there is only logged: it is most likely the same one. */
export async function reportFault(
  ports: PullRequestPorts,
  job: Extract<Job, { readonly kind: 'pull-request' }>,
  fault: unknown,
): Promise<void> {
  try {
    const repository = await ports.github.repository(job.installation, job.repository);
    const pull = repository === undefined ? undefined : await ports.github.pullRequest(repository, job.pull);
    if (pull === undefined || pull.state !== 'open') return;
    const runs = await ports.store.planRuns(pull.repository.id, pull.number);
    const text = faultCheck(fault instanceof Error ? fault.message : String(fault));
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
  } catch (error) {
    ports.log.warn({ job, error }, 'the fault could not be reported on the pull request');
  }
}
