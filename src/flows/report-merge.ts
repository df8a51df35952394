import { sha256Text } from '../domain/audit/content-digest.ts';
import { deployButtons } from '../domain/command/press.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { CommitSha } from '../domain/identity.ts';
import { deployCheck } from '../domain/report/deploy-check.ts';
import { deploymentStatus } from '../domain/report/deployment-status.ts';
import { planComment, planCommentMarker } from '../domain/report/plan-comment.ts';
import type { DeploymentView, PlanningOutcome } from '../domain/report/pull-request-view.ts';
import type { PullRequest } from './ports/github.ts';
import type { MergeRecord } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportCheck } from './report-check.ts';
import { reportComment } from './report-comment.ts';
import { holdKey } from './report-hold.ts';
import { viewOf } from './view-pull-request.ts';

export interface MergeReport {
  readonly record: MergeRecord;
  readonly outcome: PlanningOutcome;
  readonly base: CommitSha;
  readonly nothingMayBeDeployed?: string;
}

/** Says on GitHub how far a merge's deployments are: the check on the merge commit, a GitHub Deployment an environment, the comment. */
export async function reportMerge(ports: PullRequestPorts, pull: PullRequest, report: MergeReport): Promise<void> {
  const deployments = await ports.store.deploymentsOfMerge(pull.repository.id, pull.number);
  const views = await Promise.all(deployments.map((deployment) => viewDeployment(ports, deployment)));
  for (const environment of new Set(deployments.map((deployment) => deployment.environment))) {
    await reportDeployment(ports, pull, {
      record: report.record,
      environment,
      views: views.filter((view) => view.environment === environment),
    });
  }
  const context = {
    commit: report.record.commit,
    ...(report.nothingMayBeDeployed === undefined ? {} : { nothingMayBeDeployed: report.nothingMayBeDeployed }),
  };
  const check = deployCheck(views, context);
  await reportCheck(ports, pull.repository, {
    origin: `deploy:${pull.repository.id}:${pull.number}`,
    sha: report.record.commit,
    name: 'planwright/deploy',
    text: check.text,
    annotations: [],
    ...(check.conclusion === undefined ? {} : { conclusion: check.conclusion, actions: deployButtons(views) }),
  });
  if (views.length === 0) return;
  const gate = { status: report.record.blockers.length === 0 ? 'open' : 'blocked', requirements: [] } as const;
  const overrides = await ports.store.overrides(pull.repository.id, pull.number);
  const { base, outcome } = report;
  const view = viewOf(ports.server, { pull, base, outcome, gate, overrides, deployments: views });
  await reportComment(ports, pull.repository, {
    number: pull.number,
    marker: planCommentMarker,
    body: planComment(view),
    onlyIfThere: false,
  });
}

async function viewDeployment(ports: PullRequestPorts, deployment: Deployment): Promise<DeploymentView> {
  const { target, environment, phase } = deployment;
  if (phase.kind !== 'held' && phase.kind !== 'failed') return { target, environment, phase };
  const issue = (await ports.store.reported(deployment.repository, holdKey(target)))?.githubId;
  return { target, environment, phase, ...(issue === undefined ? {} : { issue }) };
}

async function reportDeployment(
  ports: PullRequestPorts,
  pull: PullRequest,
  at: { readonly record: MergeRecord; readonly environment: string; readonly views: readonly DeploymentView[] },
): Promise<void> {
  const { github, store } = ports;
  const { repository } = pull;
  const key = `deployment:${pull.number}:${at.environment}`;
  const marker = `${pull.number}/${at.record.commit}/${at.environment}`;
  const status = deploymentStatus(at.views);
  const content = sha256Text(JSON.stringify(status));
  const row = await store.reported(repository.id, key);
  if (row?.content === content) return;
  const intent = { key, repository: repository.id, externalId: marker, content: '', closed: false };
  if (row === undefined) await store.saveReported(intent);
  const { commit: sha } = at.record;
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
