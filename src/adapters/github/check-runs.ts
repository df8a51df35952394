import type { Repository } from '../../domain/identity.ts';
import type { Annotation } from '../../domain/report/check.ts';
import type { CheckRun, CheckRunRequest, Checks } from '../../flows/ports/github.ts';
import { all, type Calls } from './calls.ts';
import { cut, cutBytes } from './cut.ts';
import type { InstallationOctokit } from './throttled-octokit.ts';
import { timestampMs } from './timestamp.ts';

const annotationsPerRequest = 50;
const longestText = 65_535;
const longestAnnotationTitle = 255;
const mostActions = 3;
const longestAnnotationMessageBytes = 64 * 1024;

export function checks({ calls, appId }: { readonly calls: Calls; readonly appId: number }): Checks {
  return {
    createCheckRun: async (repository, request) => {
      refuseOverlong(request);
      const annotations = request.annotations.map(annotationBody);
      const inOne = annotations.length <= annotationsPerRequest;
      const created = await calls.once({
        installation: repository.installation,
        method: ({ rest }) => rest.checks.create,
        parameters: {
          ...addressOf(repository),
          name: request.name,
          head_sha: request.sha,
          ...(inOne ? outcomeOf(request) : { status: 'in_progress' as const }),
          ...bodyOf(request, annotations.slice(0, annotationsPerRequest)),
        },
        read: checkRunOf,
      });
      return inOne
        ? created
        : finish(repository, { id: created.id, request, annotations: annotations.slice(annotationsPerRequest) });
    },

    updateCheckRun: async (repository, id, request) => {
      refuseOverlong(request);
      const annotations = await notYetThere(repository, id, request.annotations.map(annotationBody));
      return finish(repository, { id, request, annotations });
    },

    checkRuns: async (repository, sha, name) => {
      const runs = await all(
        calls.pages({
          installation: repository.installation,
          method: ({ rest }) => rest.checks.listForRef,
          parameters: { ...addressOf(repository), ref: sha, check_name: name, filter: 'all', app_id: appId },
          read: (data) => data.check_runs,
        }),
      );
      // Another app can give its check our name, so GitHub's filter is not relied on.
      const own = runs.filter((run) => run.app?.id === appId && run.name === name);
      return own.map(checkRunOf).toSorted((one, other) => other.id - one.id);
    },
  };

  /** Completes last, as a completed run is not touched again; what fits into one request goes in one. */
  async function finish(repository: Repository, { id, request, annotations }: Rest): Promise<CheckRun> {
    if (annotations.length === 0) return update(repository, id, { ...outcomeOf(request), ...bodyOf(request, []) });
    if (annotations.length <= annotationsPerRequest) {
      return append(repository, id, { ...outcomeOf(request), ...bodyOf(request, annotations) });
    }
    for (let from = 0; from < annotations.length; from += annotationsPerRequest) {
      const some = annotations.slice(from, from + annotationsPerRequest);
      await append(repository, id, { status: 'in_progress', ...bodyOf(request, some) });
    }
    return update(repository, id, { ...outcomeOf(request), ...bodyOf(request, []) });
  }

  function update(repository: Repository, id: number, body: Body): Promise<CheckRun> {
    return calls.ask(updateCall(repository, id, body));
  }

  /** Not repeated by the client: each such request adds its annotations once more. */
  function append(repository: Repository, id: number, body: Body): Promise<CheckRun> {
    return calls.once(updateCall(repository, id, body));
  }

  /** A run that an earlier, interrupted attempt began holds some of the annotations already. */
  async function notYetThere(repository: Repository, id: number, annotations: readonly AnnotationBody[]) {
    if (annotations.length === 0) return annotations;
    const there = await all(
      calls.pages({
        installation: repository.installation,
        method: ({ rest }) => rest.checks.listAnnotations,
        parameters: { ...addressOf(repository), check_run_id: id },
        read: (data) => data,
      }),
    );
    const known = new Set(there.map(identityOf));
    return annotations.filter((annotation) => !known.has(identityOf(annotation)));
  }
}

interface Rest {
  readonly id: number;
  readonly request: CheckRunRequest;
  readonly annotations: readonly AnnotationBody[];
}

type Body = ReturnType<typeof bodyOf> & (ReturnType<typeof outcomeOf> | { readonly status: 'in_progress' });

function updateCall(repository: Repository, id: number, body: Body) {
  return {
    installation: repository.installation,
    method: ({ rest }: InstallationOctokit) => rest.checks.update,
    parameters: { ...addressOf(repository), check_run_id: id, ...body },
    read: checkRunOf,
  };
}

function addressOf({ owner, name }: Repository) {
  return { owner, repo: name };
}

/** `completed_at` is never sent: GitHub's own clock decides what was shown when. */
function outcomeOf({ conclusion, actions = [] }: CheckRunRequest) {
  if (conclusion === undefined) return { status: 'in_progress' as const };
  return { status: 'completed' as const, conclusion, ...(actions.length > 0 && { actions: [...actions] }) };
}

function bodyOf({ externalId, detailsUrl, text }: CheckRunRequest, annotations: readonly AnnotationBody[]) {
  return {
    external_id: externalId,
    ...(detailsUrl !== undefined && { details_url: detailsUrl }),
    output: {
      title: text.title,
      summary: text.summary,
      ...(text.text !== undefined && { text: text.text }),
      ...(annotations.length > 0 && { annotations: [...annotations] }),
    },
  };
}

type AnnotationBody = ReturnType<typeof annotationBody>;

function annotationBody({ path, line, column, level, title, message }: Annotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    ...(column !== undefined && { start_column: column, end_column: column }),
    annotation_level: level,
    title: cut(title, longestAnnotationTitle),
    message: cutBytes(message, longestAnnotationMessageBytes),
  };
}

function identityOf(annotation: {
  readonly path: string;
  readonly start_line: number;
  readonly start_column?: number | null;
  readonly annotation_level: string | null;
  readonly title?: string | null;
  readonly message: string | null;
}): string {
  const { path, start_line, start_column, annotation_level, title, message } = annotation;
  return JSON.stringify([path, start_line, start_column ?? null, annotation_level, title, message]);
}

function refuseOverlong({ name, sha, text, actions = [] }: CheckRunRequest): void {
  for (const part of ['summary', 'text'] as const) {
    const length = text[part]?.length ?? 0;
    if (length > longestText) {
      throw new RangeError(
        `the ${part} of ${name} on ${sha} has ${length} characters; GitHub takes ${longestText}: shorten the report`,
      );
    }
  }
  if (actions.length > mostActions) {
    throw new RangeError(`${name} on ${sha} has ${actions.length} buttons; GitHub takes ${mostActions}`);
  }
}

interface CheckRunAnswer {
  readonly id: number;
  readonly external_id: string | null;
  readonly status: string;
  readonly conclusion: string | null;
  readonly completed_at: string | null;
}

const conclusions: readonly string[] = [
  'success',
  'failure',
  'neutral',
  'cancelled',
  'action_required',
  'skipped',
  'stale',
  'timed_out',
] satisfies CheckRun['conclusion'][];

function isConclusion(text: string): text is NonNullable<CheckRun['conclusion']> {
  return conclusions.includes(text);
}

function checkRunOf({ id, external_id, status, conclusion, completed_at }: CheckRunAnswer): CheckRun {
  if (!Number.isSafeInteger(id)) throw new TypeError('the answer is not a check run');
  if (conclusion !== null && !isConclusion(conclusion)) {
    throw new TypeError(`check run ${id} has the unknown conclusion ${conclusion}`);
  }
  return {
    id,
    externalId: external_id ?? '',
    // Apps set these three only; `waiting`, `requested` and `pending` belong to GitHub Actions.
    status: status === 'completed' || status === 'in_progress' ? status : 'queued',
    ...(conclusion !== null && { conclusion }),
    ...(completed_at !== null && { completedAtMs: timestampMs(completed_at) }),
  };
}
