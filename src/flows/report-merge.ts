import { deployButtons } from '../domain/command/press.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { CommitSha } from '../domain/identity.ts';
import { deployCheck } from '../domain/report/deploy-check.ts';
import { planComment, planCommentMarker } from '../domain/report/plan-comment.ts';
import type { DeploymentView, PlanningOutcome } from '../domain/report/pull-request-view.ts';
import type { PullRequest } from './ports/github.ts';
import type { MergeRecord } from './ports/store.ts';
import type { PullRequestPorts } from './pull-request-ports.ts';
import { reportCheck } from './report-check.ts';
import { reportComment } from './report-comment.ts';
import { reportDeployment } from './report-deployment.ts';
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
      key: `deployment:${pull.number}:${environment}`,
      marker: `${pull.number}/${report.record.commit}/${environment}`,
      sha: report.record.commit,
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
