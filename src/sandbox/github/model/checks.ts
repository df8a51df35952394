import { presentCheckRunOfWebhook, presentCheckSuite } from '../present/checks.ts';
import { announce } from './announce.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import type { AnnotationRecord, CheckAction, CheckRunRecord, CheckSuiteRecord, Repository } from './state.ts';
import type { World } from './world.ts';

const textLimit = 65_535;
const annotationsLimit = 50;
const messageLimitBytes = 64 * 1024;
const titleLimit = 255;
const actionsLimit = 3;

export interface CheckRunFields {
  readonly name?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly externalId?: string;
  readonly detailsUrl?: string;
  readonly startedAt?: Date;
  readonly completedAt?: Date;
  readonly actions?: readonly CheckAction[];
  readonly output?: {
    readonly title?: string;
    readonly summary?: string;
    readonly text?: string;
    readonly annotations: readonly AnnotationRecord[];
  };
}

/** Every app that may write checks gets a suite for each pushed commit. */
export async function requestCheckSuites(
  world: World,
  repository: Repository,
  pushed: { readonly headSha: string; readonly headBranch: string; readonly before: string; readonly senderId: number },
): Promise<void> {
  for (const installation of world.installationsOf(repository)) {
    if (installation.suspendedAt !== null || installation.permissions.checks !== 'write') continue;
    const suite = ensureSuite(world, repository, { ...pushed, appId: installation.appId });
    await announceSuite(world, repository, suite, { action: 'requested', senderId: pushed.senderId });
  }
}

export async function announceSuite(
  world: World,
  repository: Repository,
  suite: CheckSuiteRecord,
  happened: { readonly action: string; readonly senderId: number },
): Promise<void> {
  const commit = await world.git.read(repository.id, suite.headSha);
  announce(world, {
    repository,
    event: 'check_suite',
    action: happened.action,
    senderId: happened.senderId,
    onlyAppId: suite.appId,
    payload: { check_suite: presentCheckSuite(world, repository, suite, commit) },
  });
}

export function createCheckRun(
  world: World,
  repository: Repository,
  wanted: CheckRunFields & { readonly appId: number; readonly headSha: string; readonly name: string },
): CheckRunRecord {
  refuseBeyondLimits(wanted);
  const suite = ensureSuite(world, repository, {
    appId: wanted.appId,
    headSha: wanted.headSha,
    headBranch: null,
    before: null,
  });
  const run: CheckRunRecord = {
    id: world.newId(),
    suiteId: suite.id,
    appId: wanted.appId,
    headSha: wanted.headSha,
    name: wanted.name,
    status: 'queued',
    conclusion: null,
    externalId: '',
    detailsUrl: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
    startedAt: world.clock.now(),
    completedAt: null,
  };
  repository.checkRuns.set(run.id, run);
  assign(world, run, wanted);
  announceRun(world, repository, run, { action: 'created', senderId: botOf(world, run.appId) });
  if (run.status === 'completed')
    announceRun(world, repository, run, { action: 'completed', senderId: botOf(world, run.appId) });
  return run;
}

export function updateCheckRun(
  world: World,
  repository: Repository,
  run: CheckRunRecord,
  fields: CheckRunFields,
): void {
  refuseBeyondLimits(fields);
  const wasCompleted = run.status === 'completed';
  const goesBack = fields.status !== undefined && fields.status !== 'completed' && fields.conclusion === undefined;
  if (wasCompleted && goesBack)
    throw new Refusal(
      422,
      `Invalid request.\n\nThe check run ${run.id} is completed and cannot become ${fields.status}; create a new one of the same name.`,
    );
  assign(world, run, fields);
  if (run.status === 'completed' && !wasCompleted)
    announceRun(world, repository, run, { action: 'completed', senderId: botOf(world, run.appId) });
}

export function findCheckRun(repository: Repository, id: number): CheckRunRecord {
  const run = repository.checkRuns.get(id);
  if (run === undefined) throw notFound();
  return run;
}

/** The newest run of each name and app: what GitHub shows and requires. */
export function latestRuns(repository: Repository, sha: string): readonly CheckRunRecord[] {
  const newest = new Map<string, CheckRunRecord>();
  for (const run of repository.checkRuns.values()) {
    if (run.headSha === sha) newest.set(`${run.appId} ${run.name}`, run);
  }
  return [...newest.values()];
}

const passing = new Set(['success', 'neutral', 'skipped']);

/** A required check is met by success, and by what GitHub counts as none of its business. */
export const isPassing = (run: CheckRunRecord): boolean => run.conclusion !== null && passing.has(run.conclusion);

export function clickAction(
  world: World,
  repository: Repository,
  click: { readonly run: CheckRunRecord; readonly identifier: string; readonly byId: number },
): void {
  const { run } = click;
  if (run.status !== 'completed') throw new Error(`The check run ${run.id} shows no buttons before it is completed.`);
  if (!run.actions.some((action) => action.identifier === click.identifier))
    throw new Error(`The check run ${run.id} has no action "${click.identifier}".`);
  announceRun(world, repository, run, {
    action: 'requested_action',
    senderId: click.byId,
    extra: { requested_action: { identifier: click.identifier } },
  });
}

export function rerequestRun(world: World, repository: Repository, run: CheckRunRecord, byId: number): void {
  announceRun(world, repository, run, { action: 'rerequested', senderId: byId });
}

function ensureSuite(
  world: World,
  repository: Repository,
  wanted: {
    readonly appId: number;
    readonly headSha: string;
    readonly headBranch: string | null;
    readonly before: string | null;
  },
): CheckSuiteRecord {
  const known = repository.checkSuites.find(
    (suite) => suite.appId === wanted.appId && suite.headSha === wanted.headSha,
  );
  if (known !== undefined) return known;
  const suite: CheckSuiteRecord = {
    id: world.newId(),
    appId: wanted.appId,
    headSha: wanted.headSha,
    headBranch: wanted.headBranch,
    before: wanted.before,
    createdAt: world.clock.now(),
  };
  repository.checkSuites.push(suite);
  return suite;
}

function assign(world: World, run: CheckRunRecord, fields: CheckRunFields): void {
  if (fields.name !== undefined) run.name = fields.name;
  if (fields.externalId !== undefined) run.externalId = fields.externalId;
  if (fields.detailsUrl !== undefined) run.detailsUrl = fields.detailsUrl;
  if (fields.startedAt !== undefined) run.startedAt = fields.startedAt;
  if (fields.actions !== undefined) run.actions = fields.actions;
  if (fields.output !== undefined) {
    run.title = fields.output.title ?? run.title;
    run.summary = fields.output.summary ?? run.summary;
    run.text = fields.output.text ?? run.text;
    run.annotations = [...run.annotations, ...fields.output.annotations];
  }
  if (fields.status !== undefined) run.status = fields.status;
  if (fields.conclusion === undefined) return;
  run.status = 'completed';
  run.conclusion = fields.conclusion;
  run.completedAt = fields.completedAt ?? run.completedAt ?? world.clock.now();
}

function refuseBeyondLimits(fields: CheckRunFields): void {
  const { output, actions } = fields;
  if (fields.status === 'completed' && fields.conclusion === undefined)
    throw invalid('CheckRun', 'conclusion', 'conclusion is required when the status is completed');
  for (const name of ['summary', 'text'] as const) {
    if ((output?.[name]?.length ?? 0) > textLimit)
      throw invalid('CheckRun', name, `${name} exceeds a maximum of ${textLimit} characters`);
  }
  if ((output?.annotations.length ?? 0) > annotationsLimit)
    throw invalid('CheckRun', 'annotations', `annotations exceeds a maximum quantity of ${annotationsLimit}`);
  for (const annotation of output?.annotations ?? []) {
    if (Buffer.byteLength(annotation.message) > messageLimitBytes)
      throw invalid('CheckRun', 'annotations', 'message exceeds 64 KB');
    if ((annotation.title?.length ?? 0) > titleLimit)
      throw invalid('CheckRun', 'annotations', `title exceeds ${titleLimit} characters`);
    if (annotation.endLine < annotation.startLine)
      throw invalid('CheckRun', 'annotations', 'end_line is before start_line');
    if (annotation.startColumn !== null && annotation.startLine !== annotation.endLine)
      throw invalid('CheckRun', 'annotations', 'columns need an annotation of one line');
  }
  if ((actions?.length ?? 0) > actionsLimit)
    throw invalid('CheckRun', 'actions', `actions exceeds a maximum quantity of ${actionsLimit}`);
  for (const action of actions ?? []) {
    for (const [name, limit] of [
      ['label', 20],
      ['identifier', 20],
      ['description', 40],
    ] as const) {
      if (action[name].length > limit)
        throw invalid('CheckRun', 'actions', `${name} is too long (maximum is ${limit} characters)`);
    }
  }
}

function announceRun(
  world: World,
  repository: Repository,
  run: CheckRunRecord,
  happened: { readonly action: string; readonly senderId: number; readonly extra?: Readonly<Record<string, unknown>> },
): void {
  const suite = repository.checkSuites.find((candidate) => candidate.id === run.suiteId);
  if (suite === undefined) throw new Error(`The check run ${run.id} has lost its suite ${run.suiteId}.`);
  announce(world, {
    repository,
    event: 'check_run',
    action: happened.action,
    senderId: happened.senderId,
    onlyAppId: run.appId,
    payload: { check_run: presentCheckRunOfWebhook(world, repository, run, suite), ...happened.extra },
  });
}

function botOf(world: World, appId: number): number {
  const app = world.state.apps.get(appId);
  if (app === undefined) throw new Error(`The sandbox GitHub has no app ${appId}.`);
  return app.botId;
}
