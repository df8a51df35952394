import { optionalTimestamp, timestamp } from '../clock.ts';
import type { Commit } from '../git-storage.ts';
import type { AnnotationRecord, CheckRunRecord, CheckSuiteRecord, Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { optionalApp } from './apps.ts';
import { presentSimpleCommit } from './commits.ts';
import { nodeId } from './node-id.ts';
import { presentMinimalPulls } from './pull-requests.ts';
import { presentRepository, repositoryApi, repositoryPage } from './repositories.ts';

export function presentCheckRun(world: World, repository: Repository, run: CheckRunRecord) {
  const url = `${repositoryApi(world, repository)}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CheckRun', run.id),
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: `${repositoryPage(world, repository)}/runs/${run.id}`,
    details_url: run.detailsUrl ?? `${world.url}/apps`,
    status: run.status,
    conclusion: run.conclusion,
    started_at: timestamp(run.startedAt),
    completed_at: optionalTimestamp(run.completedAt),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: optionalApp(world, run.appId),
    pull_requests: presentMinimalPulls(world, repository, run.headSha),
  };
}

/** The webhook's form of a check run, which carries its suite. */
export function presentCheckRunOfWebhook(
  world: World,
  repository: Repository,
  run: CheckRunRecord,
  suite: CheckSuiteRecord,
) {
  return { ...presentCheckRun(world, repository, run), check_suite: suiteSummary(world, repository, suite) };
}

export function presentCheckSuite(world: World, repository: Repository, suite: CheckSuiteRecord, commit: Commit) {
  const url = `${repositoryApi(world, repository)}/check-suites/${suite.id}`;
  return {
    ...suiteSummary(world, repository, suite),
    app: appWithoutEvents(world, suite.appId),
    head_commit: presentSimpleCommit(commit),
    latest_check_runs_count: runsOf(repository, suite).length,
    check_runs_url: `${url}/check-runs`,
    repository: presentRepository(world, repository),
    rerequestable: true,
    runs_rerequestable: true,
  };
}

function suiteSummary(world: World, repository: Repository, suite: CheckSuiteRecord) {
  const runs = runsOf(repository, suite);
  const status =
    runs.length === 0 ? 'queued' : runs.every((run) => run.status === 'completed') ? 'completed' : 'in_progress';
  return {
    id: suite.id,
    node_id: nodeId('CheckSuite', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status,
    conclusion: status === 'completed' ? suiteConclusion(runs) : null,
    url: `${repositoryApi(world, repository)}/check-suites/${suite.id}`,
    before: suite.before,
    after: suite.headSha,
    pull_requests: presentMinimalPulls(world, repository, suite.headSha),
    app: optionalApp(world, suite.appId),
    created_at: timestamp(suite.createdAt),
    updated_at: timestamp(suite.createdAt),
  };
}

/** GitHub's description of a suite's app does not know `merge_group` among the events, and does not require them. */
function appWithoutEvents(world: World, appId: number) {
  const app = optionalApp(world, appId);
  if (app === null) return null;
  const { events: _events, ...rest } = app;
  return rest;
}

export function presentAnnotation(
  world: World,
  repository: Repository,
  run: CheckRunRecord,
  annotation: AnnotationRecord,
) {
  return {
    path: annotation.path,
    blob_href: `${repositoryPage(world, repository)}/blob/${run.headSha}/${annotation.path}`,
    start_line: annotation.startLine,
    end_line: annotation.endLine,
    start_column: annotation.startColumn,
    end_column: annotation.endColumn,
    annotation_level: annotation.level,
    title: annotation.title,
    message: annotation.message,
    raw_details: annotation.rawDetails,
  };
}

const runsOf = (repository: Repository, suite: CheckSuiteRecord) =>
  [...repository.checkRuns.values()].filter((run) => run.suiteId === suite.id);

const worstFirst = ['failure', 'timed_out', 'action_required', 'cancelled', 'success', 'neutral', 'skipped'];

const suiteConclusion = (runs: readonly CheckRunRecord[]): string | null =>
  worstFirst.find((conclusion) => runs.some((run) => run.conclusion === conclusion)) ?? null;
