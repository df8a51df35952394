import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Annotation } from '../../../src/domain/report/check.ts';
import type { CheckRunRequest } from '../../../src/flows/ports/github.ts';
import { apiAtTheEdge, appId, gitHubServer, rejection, repository, sha } from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const checkRunsPath = '/repos/acme/infra/check-runs';

interface Sent {
  readonly method: 'POST' | 'PATCH';
  readonly body: {
    readonly status: string;
    readonly conclusion?: string;
    readonly completed_at?: string;
    readonly actions?: unknown;
    readonly output: { readonly summary: string; readonly annotations?: readonly Record<string, unknown>[] };
  };
}

function annotations(count: number, from = 0): Annotation[] {
  return Array.from({ length: count }, (_, index) => ({
    path: 'apps/web.yaml',
    line: from + index + 1,
    level: 'failure',
    title: 'Wrong',
    message: `Problem ${from + index}`,
  }));
}

const request: CheckRunRequest = {
  sha,
  name: 'planwright/plan',
  externalId: 'plan-1',
  text: { title: 'One change', summary: 'One change' },
  annotations: [],
  conclusion: 'success',
  actions: [{ label: 'Re-plan', description: 'Plan again', identifier: 'replan' }],
};

/** Check run 31, which remembers what was sent and the annotations that it was given. */
function checkRunServer(held: readonly Annotation[] = []): readonly Sent[] {
  const sent: Sent[] = [];
  const answer = ({ body }: Sent) => ({
    id: 31,
    external_id: 'plan-1',
    status: body.status,
    conclusion: body.conclusion ?? null,
    completed_at: body.conclusion === undefined ? null : '2026-03-01T12:00:00Z',
  });
  const record = (method: Sent['method']) => async (request: Request) => {
    const received = { method, body: await request.json() } as Sent;
    sent.push(received);
    return answer(received);
  };
  gitHubServer()
    .persist()
    .post(checkRunsPath)
    .reply(201, record('POST'))
    .patch(`${checkRunsPath}/31`)
    .reply(200, record('PATCH'))
    .get(`${checkRunsPath}/31/annotations`)
    .query(true)
    .reply(200, () =>
      held.map(({ path, line, level, title, message }) => ({
        path,
        start_line: line,
        end_line: line,
        start_column: null,
        end_column: null,
        annotation_level: level,
        title,
        message,
      })),
    );
  return sent;
}

function shape(sent: readonly Sent[]): readonly string[] {
  return sent.map(
    ({ method, body }) => `${method} ${body.conclusion ?? body.status} ${body.output.annotations?.length ?? 0}`,
  );
}

describe('creating a check run', () => {
  it('with few annotations takes one request', async () => {
    const sent = checkRunServer();
    const { github } = apiAtTheEdge();

    const run = await github.createCheckRun(repository, { ...request, annotations: annotations(50) });

    expect(shape(sent)).toEqual(['POST success 50']);
    expect(run).toEqual({
      id: 31,
      externalId: 'plan-1',
      status: 'completed',
      conclusion: 'success',
      completedAtMs: Date.parse('2026-03-01T12:00:00Z'),
    });
  });

  it('with more annotations stays in progress until all are there', async () => {
    const sent = checkRunServer();
    const { github } = apiAtTheEdge();
    const wanted = annotations(120);

    const run = await github.createCheckRun(repository, { ...request, annotations: wanted });

    expect(shape(sent)).toEqual([
      'POST in_progress 50',
      'PATCH in_progress 50',
      'PATCH in_progress 20',
      'PATCH success 0',
    ]);
    const messages = sent.flatMap(({ body }) => body.output.annotations ?? []).map(({ message }) => message);
    expect(messages).toEqual(wanted.map(({ message }) => message));
    expect(run.conclusion).toBe('success');
  });

  it('gives buttons to completed runs only, and never a time of completion', async () => {
    const sent = checkRunServer();
    const { github } = apiAtTheEdge();
    const { conclusion, ...unfinished } = request;

    await github.createCheckRun(repository, unfinished);
    await github.updateCheckRun(repository, 31, request);

    expect(conclusion).toBe('success');
    expect(sent.map(({ body }) => 'actions' in body)).toEqual([false, true]);
    expect(sent.filter(({ body }) => 'completed_at' in body)).toEqual([]);
  });

  it.each(['summary', 'text'] as const)('refuses a %s that GitHub would refuse', async (part) => {
    const sent = checkRunServer();
    const { github } = apiAtTheEdge();
    const withLength = (length: number) => ({ ...request, text: { ...request.text, [part]: 'x'.repeat(length) } });

    const refusal = await rejection(github.createCheckRun(repository, withLength(65_536)));
    expect(refusal.message).toContain(`the ${part} of planwright/plan`);
    expect(sent).toEqual([]);

    await github.createCheckRun(repository, withLength(65_535));
    expect(sent).toHaveLength(1);
  });

  it("cuts an annotation to GitHub's limits", async () => {
    const sent = checkRunServer();
    const { github } = apiAtTheEdge();
    const [annotation] = annotations(1);
    if (annotation === undefined) throw new Error('one annotation');

    await github.createCheckRun(repository, {
      ...request,
      annotations: [{ ...annotation, column: 3, title: 'é'.repeat(300), message: '→'.repeat(40_000) }],
    });

    const [cut] = sent.flatMap(({ body }) => body.output.annotations ?? []);
    expect(cut).toMatchObject({ start_line: 1, end_line: 1, start_column: 3, end_column: 3 });
    expect(String(cut?.title)).toHaveLength(255);
    expect(Buffer.byteLength(String(cut?.message))).toBeLessThanOrEqual(65_536);
    expect(String(cut?.message)).toMatch(/^→+…$/);
  });
});

describe('updating a check run', () => {
  it('adds only the annotations that an interrupted attempt had not added, and completes last', async () => {
    const wanted = annotations(130);
    const sent = checkRunServer(wanted.slice(0, 50));
    const { github } = apiAtTheEdge();

    await github.updateCheckRun(repository, 31, { ...request, annotations: wanted });

    expect(shape(sent)).toEqual(['PATCH in_progress 50', 'PATCH in_progress 30', 'PATCH success 0']);
    const lines = sent.flatMap(({ body }) => body.output.annotations ?? []).map(({ start_line }) => start_line);
    expect(lines).toEqual(wanted.slice(50).map(({ line }) => line));
  });

  it('adds nothing when all annotations are there', async () => {
    const wanted = annotations(3);
    const sent = checkRunServer(wanted);
    const { github } = apiAtTheEdge();

    await github.updateCheckRun(repository, 31, { ...request, annotations: wanted });

    expect(shape(sent)).toEqual(['PATCH success 0']);
  });

  it('is repeated after a 502 without annotations, and not with them', async () => {
    const failing = () => gitHubServer().patch(`${checkRunsPath}/31`).reply(502, '<html></html>');
    const { github } = apiAtTheEdge();

    failing();
    const sent = checkRunServer();
    await github.updateCheckRun(repository, 31, request);
    expect(sent).toHaveLength(1);

    nock.cleanAll();
    failing();
    const sentWithAnnotations = checkRunServer();
    await rejection(github.updateCheckRun(repository, 31, { ...request, annotations: annotations(1) }));
    expect(sentWithAnnotations).toHaveLength(0);
  });
});

describe('listing check runs', () => {
  it("goes through all pages and leaves out other apps' runs", async () => {
    const run = (id: number, app: number, name = 'planwright/plan') => ({
      id,
      name,
      app: { id: app },
      external_id: `run-${id}`,
      status: 'completed',
      conclusion: 'failure',
      completed_at: '2026-03-01T12:00:00Z',
    });
    const first = [run(1, appId), run(5, 666), run(2, appId, 'planwright/gate')];
    const path = `/repos/acme/infra/commits/${sha}/check-runs`;
    const link =
      '<https://api.github.com/repositories/11/x?page=2>; rel="next", <https://api.github.com/x?page=2>; rel="last"';
    gitHubServer()
      .get(path)
      .query({ check_name: 'planwright/plan', filter: 'all', app_id: appId, per_page: 100, page: 1 })
      .reply(200, { total_count: 4, check_runs: first }, { link })
      .get(path)
      .query((query) => query.page === '2')
      .reply(200, { total_count: 4, check_runs: [run(7, appId)] });
    const { github } = apiAtTheEdge();

    const found = await github.checkRuns(repository, sha, 'planwright/plan');

    expect(found.map(({ id }) => id)).toEqual([7, 1]);
  });
});
