import { type CheckRunFields, createCheckRun, findCheckRun, latestRuns, updateCheckRun } from '../model/checks.ts';
import { Refusal } from '../model/refusal.ts';
import type { AnnotationRecord, CheckRunRecord } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { presentAnnotation, presentCheckRun } from '../present/checks.ts';
import {
  number,
  optionalDate,
  optionalNumber,
  optionalObject,
  optionalObjects,
  optionalText,
  present,
  text,
} from './fields.ts';
import { list, pageOf } from './paging.ts';
import { requireCommit } from './repositories.ts';
import { created, needs, ok, onRepository, type RepositoryCall, type Route } from './route.ts';

const reading = needs('checks:read');
/** Only apps write checks. */
const writing = needs('checks:write', 'none');

export const checkRoutes = (world: World): readonly Route[] => [
  onRepository('POST /check-runs', writing, async (call) => {
    const { repository, body } = call;
    const headSha = text(body, 'head_sha');
    if ((await world.git.resolve(repository.id, headSha)) !== headSha)
      throw new Refusal(422, `No commit found for SHA: ${headSha}`);
    const run = createCheckRun(world, repository, {
      ...fieldsOf(body),
      appId: appIdOf(call),
      headSha,
      name: text(body, 'name'),
    });
    return created(presentCheckRun(world, repository, run));
  }),

  onRepository('PATCH /check-runs/{check_run_id}', writing, (call) => {
    const run = runOf(call);
    if (run.appId !== appIdOf(call))
      throw new Refusal(
        403,
        `Invalid app_id \`${appIdOf(call)}\` - check run can only be modified by the GitHub App that created it.`,
      );
    updateCheckRun(world, call.repository, run, fieldsOf(call.body));
    return ok(presentCheckRun(world, call.repository, run));
  }),

  onRepository('GET /check-runs/{check_run_id}', reading, (call) =>
    ok(presentCheckRun(world, call.repository, runOf(call))),
  ),

  onRepository('GET /check-runs/{check_run_id}/annotations', reading, (call) => {
    const run = runOf(call);
    return list(call, run.annotations, (annotation) => presentAnnotation(world, call.repository, run, annotation));
  }),

  onRepository('GET /commits/{ref}/check-runs', reading, async (call) => {
    const { repository, query } = call;
    const sha = await requireCommit(world, repository, call.path.ref ?? '');
    const runs =
      query.filter === 'all'
        ? [...repository.checkRuns.values()].filter((run) => run.headSha === sha)
        : latestRuns(repository, sha);
    const found = runs
      .filter((run) => query.check_name === undefined || run.name === query.check_name)
      .filter((run) => query.status === undefined || run.status === query.status)
      .filter((run) => query.app_id === undefined || run.appId === Number(query.app_id))
      .toSorted((one, other) => other.id - one.id);
    const page = pageOf(call, found);
    return {
      ...ok({
        total_count: found.length,
        check_runs: page.items.map((run) => presentCheckRun(world, repository, run)),
      }),
      headers: page.headers,
    };
  }),
];

const runOf = (call: RepositoryCall): CheckRunRecord => findCheckRun(call.repository, Number(call.path.check_run_id));

function appIdOf(call: RepositoryCall): number {
  if (call.caller.kind !== 'installation') throw new Refusal(403, 'You must authenticate via a GitHub App.');
  return call.caller.app.id;
}

function fieldsOf(body: RepositoryCall['body']): CheckRunFields {
  const output = optionalObject(body, 'output');
  return present({
    name: optionalText(body, 'name'),
    status: optionalText(body, 'status'),
    conclusion: optionalText(body, 'conclusion'),
    externalId: optionalText(body, 'external_id'),
    detailsUrl: optionalText(body, 'details_url'),
    startedAt: optionalDate(body, 'started_at'),
    completedAt: optionalDate(body, 'completed_at'),
    actions: optionalObjects(body, 'actions')?.map((action) => ({
      label: text(action, 'label'),
      description: text(action, 'description'),
      identifier: text(action, 'identifier'),
    })),
    output:
      output === undefined
        ? undefined
        : {
            ...present({
              title: optionalText(output, 'title'),
              summary: optionalText(output, 'summary'),
              text: optionalText(output, 'text'),
            }),
            annotations: (optionalObjects(output, 'annotations') ?? []).map(annotationOf),
          },
  });
}

const annotationOf = (annotation: RepositoryCall['body']): AnnotationRecord => ({
  path: text(annotation, 'path'),
  startLine: number(annotation, 'start_line'),
  endLine: number(annotation, 'end_line'),
  startColumn: optionalNumber(annotation, 'start_column') ?? null,
  endColumn: optionalNumber(annotation, 'end_column') ?? null,
  level: text(annotation, 'annotation_level'),
  message: text(annotation, 'message'),
  title: optionalText(annotation, 'title') ?? null,
  rawDetails: optionalText(annotation, 'raw_details') ?? null,
});
