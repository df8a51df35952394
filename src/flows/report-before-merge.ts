import type { CommitSha } from '../domain/identity.ts';
import type { DeploymentView } from '../domain/report/pull-request-view.ts';
import { newestByTarget } from './find-target-standings.ts';
import type { PullRequest } from './ports/github.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportDeployment } from './report-deployment.ts';

/** Says on GitHub how far test merges are: a GitHub Deployment an environment and head. What is said of the current head, for the comment. */
export async function reportBeforeMerge(
  ports: PullRequestPorts,
  pull: PullRequest,
): Promise<readonly DeploymentView[]> {
  const all = await ports.store.deploymentsBeforeMerge(pull.repository.id, pull.number);
  const heads = new Set(all.flatMap(({ testMerge }) => (testMerge === undefined ? [] : [testMerge.head])));
  const views = new Map<CommitSha, readonly DeploymentView[]>();
  for (const head of heads) {
    const newest = newestByTarget(all.filter(({ testMerge }) => testMerge?.head === head));
    const ofHead = [...newest.values()].map(({ target, environment, phase }) => ({ target, environment, phase }));
    views.set(head, ofHead);
    for (const environment of new Set(ofHead.map((view) => view.environment)))
      await reportDeployment(ports, pull, {
        key: `deployment:${pull.number}:${head}:${environment}`,
        marker: `${pull.number}/${head}/${environment}`,
        sha: head,
        environment,
        views: ofHead.filter((view) => view.environment === environment),
      });
  }
  return views.get(pull.head.sha) ?? [];
}
