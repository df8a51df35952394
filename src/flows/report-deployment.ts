import { sha256Text } from '../domain/audit/content-digest.ts';
import type { CommitSha } from '../domain/identity.ts';
import { deploymentStatus } from '../domain/report/deployment-status.ts';
import type { DeploymentView } from '../domain/report/pull-request-view.ts';
import type { PullRequest } from './ports/github.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';

/** All targets of one environment that one commit brings. */
export interface ReportedDeployment {
  /** Where it is remembered. */
  readonly key: string;
  /** By this it is found again on GitHub. */
  readonly marker: string;
  /** The commit that GitHub shows for it. */
  readonly sha: CommitSha;
  readonly environment: string;
  readonly views: readonly DeploymentView[];
}

/** Makes one GitHub Deployment and its newest status say how far these targets are. */
export async function reportDeployment(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: ReportedDeployment,
): Promise<void> {
  const { github, store } = ports;
  const { repository } = pull;
  const { key, marker, sha } = at;
  const status = deploymentStatus(at.views);
  const content = sha256Text(JSON.stringify(status));
  const row = await store.reported(repository.id, key);
  if (row?.content === content) return;
  const intent = { key, repository: repository.id, externalId: marker, content: '', closed: false };
  if (row === undefined) await store.saveReported(intent);
  const id =
    row?.githubId ??
    (row === undefined ? undefined : await github.findDeployment(repository, sha, at.environment, marker))?.id ??
    (
      await github.createDeployment(repository, {
        sha,
        environment: at.environment,
        key: marker,
        description: `#${pull.number}`,
      })
    ).id;
  if (row?.githubId === undefined) await store.saveReported({ ...intent, githubId: id });
  const { url } = ports.server;
  const plan = at.views
    .map(({ phase }) => ('plan' in phase ? phase.plan : undefined))
    .find((digest) => digest !== undefined);
  await github.setDeploymentStatus(repository, id, {
    state: status.state,
    description: status.description,
    ...(url === undefined || plan === undefined ? {} : { logUrl: `${url}/plans/${plan}` }),
  });
  await store.saveReported({ ...intent, githubId: id, content });
}
