import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadClusters } from '../../../src/adapters/kubernetes/load-clusters.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { ObjectAddress, ServedKind } from '../../../src/domain/plan/prediction.ts';
import { type Cluster, ClusterUnavailable } from '../../../src/flows/ports/cluster.ts';
import { type Asked, type HttpApi, type Reply, startHttpApi } from './http-api.ts';

const kind: ServedKind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
  verbs: [],
};
const address: ObjectAddress = { kind, namespace: 'a', name: 'b' };
const object: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b', namespace: 'a' } };
const request = { address, object, force: false };
const token = 'canary-token-0123456789';

/** Faults that a healthy API server cannot be made to show. */
describe('a cluster behind a server that misbehaves', () => {
  let folder: string;
  let api: HttpApi;
  let clusters: ReturnType<typeof loadClusters>;
  let logged: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'planwright-cluster-'));
    logged = '';
  });
  afterEach(async () => {
    await clusters.close();
    await api.close();
    await rm(folder, { recursive: true });
  });

  interface Setting {
    readonly user?: Json;
    readonly requestTimeoutMs?: number;
    readonly path?: string;
    readonly planAs?: { readonly user: string; readonly groups?: readonly string[] };
  }

  async function clusterOf(
    answer: (asked: Asked, count: number) => Reply | Promise<Reply>,
    setting: Setting = {},
  ): Promise<Cluster> {
    api = await startHttpApi(answer);
    const file = join(folder, 'kubeconfig');
    await writeFile(
      file,
      JSON.stringify({
        'current-context': 'c',
        clusters: [{ name: 'c', cluster: { server: `${api.url}${setting.path ?? ''}` } }],
        users: [{ name: 'u', user: setting.user ?? { token } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    const write = (facts: unknown, message: string) => {
      logged += `${JSON.stringify(facts)} ${message}\n`;
    };
    clusters = loadClusters({
      clusters: new Map([['staging', { kubeconfig: file, ...(setting.planAs && { planAs: setting.planAs }) }]]),
      log: { debug: write, warn: write },
      ...(setting.requestTimeoutMs !== undefined && { requestTimeoutMs: setting.requestTimeoutMs }),
    });
    const cluster = clusters.find('staging');
    if (!cluster) throw new Error('no cluster');
    return cluster;
  }

  const ok: Reply = { status: 200, body: object };
  const refused = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
    status,
    headers,
    body: { kind: 'Status', status: 'Failure', message, code: status },
  });

  it('waits as long as a busy server says, then is answered', async () => {
    const cluster = await clusterOf((_asked, count) =>
      count === 1 ? refused(429, 'busy', { 'retry-after': '1' }) : ok,
    );
    const startedMs = performance.now();
    expect(await cluster.apply(request)).toMatchObject({ kind: 'applied' });
    expect(performance.now() - startedMs).toBeGreaterThan(950);
    expect(api.asked).toHaveLength(2);
  });

  it('gives up on a server that stays busy', async () => {
    const cluster = await clusterOf(() => refused(429, 'busy', { 'retry-after': '1' }), { requestTimeoutMs: 1500 });
    expect(await cluster.apply(request)).toMatchObject({
      kind: 'unavailable',
      message: 'staging: apply of ConfigMap a/b: the API is busy (429), and stayed so',
    });
    expect(api.asked).toHaveLength(2);
  });

  it('reads again after a fault of the server, and writes once', async () => {
    const cluster = await clusterOf((asked, count) =>
      asked.method === 'GET' && count === 3 ? ok : refused(503, 'starting'),
    );
    expect(await cluster.get(address)).toMatchObject({ kind: 'found' });
    expect(await cluster.apply(request)).toMatchObject({ kind: 'unavailable' });
    expect(api.asked.map((asked) => asked.method)).toEqual(['GET', 'GET', 'GET', 'PATCH']);
  });

  it("never repeats a dry-run whose 500 is the author's mistake", async () => {
    const cluster = await clusterOf(() =>
      refused(500, 'failed to create typed patch object (a/b; v1, Kind=ConfigMap): .foo: field not declared in schema'),
    );
    expect(await cluster.dryRunApply(request)).toMatchObject({ kind: 'invalid', fields: ['foo'] });
    expect(api.asked).toHaveLength(1);
  });

  it('does not wait longer for an answer than it may', async () => {
    const cluster = await clusterOf(() => () => undefined, { requestTimeoutMs: 200 });
    const startedMs = performance.now();
    expect(await cluster.get(address)).toMatchObject({
      kind: 'unavailable',
      message: `staging: get of ConfigMap a/b: ${api.url} did not answer in time`,
    });
    expect(performance.now() - startedMs).toBeLessThan(1500);
    expect(api.asked).toHaveLength(1);
  });

  it('calls a page of a proxy no answer', async () => {
    const cluster = await clusterOf(() => ({
      status: 200,
      body: '<html>sign in</html>',
      headers: { 'content-type': 'text/html' },
    }));
    expect(await cluster.get(address)).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('not JSON (text/html)'),
    });
    await expect(cluster.uid()).rejects.toBeInstanceOf(ClusterUnavailable);
  });

  it('says unavailable when the connection ends within the answer', async () => {
    const cluster = await clusterOf(() => (response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"kind":');
      setTimeout(() => response.destroy(), 10);
    });
    expect(await cluster.apply(request)).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('connection was closed'),
    });
  });

  it('has at most twelve requests in flight', async () => {
    let running = 0;
    let most = 0;
    const cluster = await clusterOf(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return ok;
    });
    await Promise.all(Array.from({ length: 60 }, () => cluster.get(address)));
    expect(most).toBe(12);
  });

  it('asks below the path of a server that has one', async () => {
    const cluster = await clusterOf(() => ok, { path: '/k8s/clusters/c-1/' });
    await cluster.get(address);
    expect(api.asked[0]?.url).toBe('/k8s/clusters/c-1/api/v1/namespaces/a/configmaps/b');
  });

  it('impersonates the planner for reads and dry-runs only', async () => {
    const cluster = await clusterOf(() => ok, { planAs: { user: 'planner', groups: ['readers', 'others'] } });
    await cluster.get(address);
    await cluster.dryRunApply(request);
    await cluster.apply(request);
    await cluster.delete(address, { uid: 'x', propagation: 'background' });
    expect(api.asked.map(({ headers }) => [headers['impersonate-user'], headers['impersonate-group']])).toEqual([
      ['planner', 'readers, others'],
      ['planner', 'readers, others'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('sends integers beyond 2^53 with every digit', async () => {
    const cluster = await clusterOf(() => ok);
    await cluster.apply({ ...request, object: { ...object, big: 9007199254740993n } });
    expect(api.asked[0]?.body).toContain('"big":9007199254740993');
  });

  it('shows no token, whatever goes wrong', async () => {
    const cluster = await clusterOf((asked) => refused(asked.url.includes('kube-system') ? 401 : 503, 'no'));
    const said = [
      await cluster.get(address),
      await cluster.apply(request),
      await cluster.uid().catch(String),
      await cluster.kinds().catch(String),
    ];
    expect(api.asked[0]?.headers.authorization).toBe(`Bearer ${token}`);
    expect(JSON.stringify(said)).toContain('staging: ');
    expect(JSON.stringify(said) + logged).not.toContain(token);
  });

  describe('with an exec plugin', () => {
    const plugin = async (script: string) => {
      const file = join(folder, 'login');
      await writeFile(file, `#!/bin/sh\n${script}\n`);
      await chmod(file, 0o755);
      return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './login', args: ['now'] } };
    };
    /** A here-document, in which the shell replaces `$(…)`. */
    const credential = (text: string) =>
      `cat <<END\n${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: text } })}\nEND`;

    it('runs it once for many requests, and again when the API refuses the token', async () => {
      const runs = join(folder, 'runs');
      const user = await plugin(
        `echo "$KUBERNETES_EXEC_INFO $1" >> ${runs}\n${credential(`token-$(wc -l < ${runs})`)}`,
      );
      let revoked = false;
      const cluster = await clusterOf(
        ({ headers }) => (revoked && headers.authorization === 'Bearer token-1' ? refused(401, 'Unauthorized') : ok),
        { user },
      );
      await Promise.all([1, 2, 3, 4, 5].map(() => cluster.get(address)));
      expect(new Set(api.asked.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer token-1']));
      revoked = true;
      expect(await cluster.apply(request)).toMatchObject({ kind: 'applied' });
      expect(api.asked.slice(5).map(({ headers }) => headers.authorization)).toEqual([
        'Bearer token-1',
        'Bearer token-2',
      ]);
      expect(await readFile(runs, 'utf8')).toMatch(/^\{"kind":"ExecCredential",.*"interactive":false.* now\n.* now\n$/);
    });

    it.each([
      ['fails', 'echo canary-token-0123456789 >&2; exit 1', /exec plugin .*login gave no credentials; run it by hand/],
      ['says nonsense', 'echo canary-token-0123456789', /gave no credentials/],
    ])('that %s: unavailable, without what it said', async (_what, script, message) => {
      const cluster = await clusterOf(() => ok, { user: await plugin(script) });
      const answer = await cluster.get(address);
      expect(answer).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(message) });
      expect(JSON.stringify(answer) + logged).not.toContain(token);
      expect(api.asked).toEqual([]);
    });

    it('that is not installed: unavailable, and says so', async () => {
      const cluster = await clusterOf(() => ok, {
        user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin' } },
      });
      expect(await cluster.get(address)).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('no-such-plugin is not installed here'),
      });
    });

    it('that hangs: unavailable in time', async () => {
      const cluster = await clusterOf(() => ok, { user: await plugin('exec sleep 5'), requestTimeoutMs: 300 });
      expect(await cluster.get(address)).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('authentication did not end in time'),
      });
    });
  });

  it('reads a token file, which ends in a newline', async () => {
    await writeFile(join(folder, 'token'), 'from-the-file\n');
    const cluster = await clusterOf(() => ok, { user: { 'token-file': 'token' } });
    await cluster.get(address);
    expect(api.asked[0]?.headers.authorization).toBe('Bearer from-the-file');
  });

  describe('when it lists', () => {
    const page = (names: readonly string[], next: string): Reply => ({
      status: 200,
      body: {
        kind: 'ConfigMapList',
        metadata: { resourceVersion: '7', continue: next },
        items: names.map((name) => ({ metadata: { name } })),
      },
    });

    const noSchemas: Reply = { status: 404, body: { kind: 'Status', code: 404 } };
    const isSchemas = ({ url }: Asked) => url.startsWith('/openapi/');
    /** Answers the lists alone. */
    const clusterOfLists = (answer: (asked: Asked) => Reply) =>
      clusterOf((asked) => (isSchemas(asked) ? noSchemas : answer(asked)));
    const listsAsked = () => api.asked.filter((asked) => !isSchemas(asked));

    it('reads every page', async () => {
      const cluster = await clusterOfLists((asked) =>
        asked.url.includes('continue') ? page(['b'], '') : page(['a'], 'next token='),
      );
      expect(await cluster.list(kind, { labelSelector: 'x=y' })).toEqual({
        kind: 'listed',
        resourceVersion: '7',
        items: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })),
      });
      expect(listsAsked().map(({ url }) => Object.fromEntries(new URLSearchParams(url.split('?')[1])))).toEqual([
        { limit: '500', labelSelector: 'x=y' },
        { limit: '500', labelSelector: 'x=y', continue: 'next token=' },
      ]);
    });

    it('starts anew when the pages have expired, and forgets what it had', async () => {
      const answers = [page(['old'], 'next'), refused(410, 'expired'), page(['new'], '')];
      const cluster = await clusterOfLists(() => answers.shift() ?? ok);
      expect(await cluster.list(kind, {})).toMatchObject({ kind: 'listed', items: [{ metadata: { name: 'new' } }] });
    });

    it('gives up on a list that never ends in time', async () => {
      const cluster = await clusterOfLists((asked) =>
        asked.url.includes('continue') ? refused(410, 'expired') : page(['old'], 'next'),
      );
      expect(await cluster.list(kind, {})).toMatchObject({ kind: 'unavailable' });
      expect(listsAsked()).toHaveLength(6);
    });

    it('never takes a part of the list for all of it', async () => {
      const cluster = await clusterOfLists((asked) =>
        asked.url.includes('continue')
          ? refused(403, 'User "u" cannot list resource "configmaps"')
          : page(['a'], 'next'),
      );
      expect(await cluster.list(kind, {})).toMatchObject({ kind: 'forbidden' });
    });
  });

  describe('when it watches', () => {
    const item = (version: string): JsonObject => ({
      metadata: { name: 'b', namespace: 'a', uid: 'u', resourceVersion: version },
    });
    const list = (version: string, ...items: JsonObject[]): Reply => ({
      status: 200,
      body: { metadata: { resourceVersion: version }, items },
    });
    const events =
      (...lines: Json[]) =>
      (response: Parameters<Extract<Reply, (response: never) => void>>[0]) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
      };
    const event = (type: string, version: string): Json => ({ type, object: item(version) });
    const watched = async (cluster: Cluster, count: number) => {
      const versions: unknown[] = [];
      for await (const seen of cluster.watch(address, AbortSignal.timeout(10_000))) {
        versions.push(seen === undefined ? undefined : Object(seen.metadata).resourceVersion);
        if (versions.length === count) break;
      }
      return versions;
    };
    const versionsAsked = () =>
      api.asked.map(({ url }) => new URLSearchParams(url.split('?')[1]).get('resourceVersion'));

    it('goes on where a connection broke, and shows nothing twice', async () => {
      const cluster = await clusterOf((asked, count) => {
        if (!asked.url.includes('watch=true')) return list(count === 1 ? '5' : '7', item(count === 1 ? '4' : '6'));
        if (count > 2) return events(event('MODIFIED', '8'));
        return (response) => {
          events(event('MODIFIED', '6'))(response);
          response.write('{"type":"MOD');
          setTimeout(() => response.destroy(), 10);
        };
      });
      expect(await watched(cluster, 3)).toEqual(['4', '6', '8']);
      expect(versionsAsked()).toEqual([null, '5', null, '7']);
    });

    it('opens the next watch where the last one ended, bookmarks included', async () => {
      const cluster = await clusterOf((asked, count) => {
        if (!asked.url.includes('watch=true')) return list('5');
        if (count > 2) return events(event('ADDED', '10'));
        return (response) => {
          events(event('BOOKMARK', '9'))(response);
          response.end();
        };
      });
      expect(await watched(cluster, 2)).toEqual([undefined, '10']);
      expect(versionsAsked()).toEqual([null, '5', '9']);
    });

    it.each([
      ['as a status', refused(410, 'too old')],
      ['as an event', events({ type: 'ERROR', object: { kind: 'Status', code: 410 } })],
    ])('reads again when its version is too old, told %s', async (_how, gone) => {
      const cluster = await clusterOf((asked, count) => {
        if (!asked.url.includes('watch=true')) return list(count === 1 ? '5' : '20', item(count === 1 ? '4' : '19'));
        return count === 2 ? gone : events();
      });
      expect(await watched(cluster, 2)).toEqual(['4', '19']);
    });

    it('waits for a server that is away', async () => {
      const cluster = await clusterOf((asked, count) => {
        if (count <= 3) return refused(503, 'starting');
        return asked.url.includes('watch=true') ? events() : list('5', item('4'));
      });
      expect(await watched(cluster, 1)).toEqual(['4']);
    });

    it('rejects when it may not watch', async () => {
      const cluster = await clusterOf((asked) =>
        asked.url.includes('watch=true') ? refused(403, 'User "u" cannot watch resource "configmaps"') : list('5'),
      );
      await expect(watched(cluster, 2)).rejects.toMatchObject({
        name: 'ClusterUnavailable',
        message: 'staging: watch of ConfigMap a/b: User "u" cannot watch resource "configmaps"',
      });
    });

    it('ends with the cluster', async () => {
      const cluster = await clusterOf((asked) => (asked.url.includes('watch=true') ? events() : list('5')));
      const watching = watched(cluster, 2);
      await expect.poll(() => api.asked.length).toBe(2);
      await clusters.close();
      expect(await watching).toEqual([undefined]);
      expect(await cluster.get(address)).toMatchObject({ kind: 'unavailable' });
    });
  });

  describe('when it discovers', () => {
    it('asks a server without aggregated discovery for each group version', async () => {
      const answers: Readonly<Record<string, Reply>> = {
        '/api': { status: 200, body: { kind: 'APIVersions', versions: ['v1'] } },
        '/apis': {
          status: 200,
          body: {
            kind: 'APIGroupList',
            groups: [
              {
                name: 'apps',
                versions: [{ version: 'v1beta1' }, { version: 'v1' }],
                preferredVersion: { version: 'v1' },
              },
              { name: 'broken.example.com', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
            ],
          },
        },
        '/api/v1': {
          status: 200,
          body: {
            resources: [
              { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'] },
              { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
            ],
          },
        },
        '/apis/apps/v1': {
          status: 200,
          body: { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: [] }] },
        },
        '/apis/apps/v1beta1': {
          status: 200,
          body: { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: [] }] },
        },
      };
      const cluster = await clusterOf(({ url }) => answers[url] ?? refused(503, 'no'));
      const { kinds, broken } = await cluster.kinds();
      expect(kinds.map(({ group, version, kind: name }) => `${group}/${version} ${name}`)).toEqual([
        '/v1 Pod',
        'apps/v1 Deployment',
        'apps/v1beta1 Deployment',
      ]);
      expect([...broken]).toEqual([['broken.example.com/v1', 'its API server answers 503']]);
    });

    it('rejects rather than find nothing when it may not ask', async () => {
      const cluster = await clusterOf(() => refused(403, 'User "u" cannot get path "/apis"'));
      await expect(cluster.kinds()).rejects.toMatchObject({
        name: 'ClusterUnavailable',
        message: expect.stringContaining('cannot get path'),
      });
      await expect(cluster.schemas(['v1'])).rejects.toMatchObject({ name: 'ClusterUnavailable' });
    });

    it('asks once for what many want at a time', async () => {
      const cluster = await clusterOf(({ url }) => ({
        status: 200,
        body: url === '/api' ? { kind: 'APIVersions', versions: [] } : { kind: 'APIGroupList', groups: [] },
      }));
      await Promise.all([cluster.kinds(), cluster.kinds(), cluster.kinds()]);
      await cluster.kinds();
      expect(api.asked).toHaveLength(2);
    });
  });

  describe('when it reads schemas', () => {
    const schema = (listType: string): Reply => ({
      status: 200,
      body: {
        components: {
          schemas: {
            T: {
              'x-kubernetes-group-version-kind': [{ group: 'a.example.com', version: 'v1', kind: 'T' }],
              type: 'array',
              'x-kubernetes-list-type': listType,
            },
          },
        },
      },
    });
    const index = (hash: string): Reply => ({
      status: 200,
      body: {
        paths: { 'apis/a.example.com/v1': { serverRelativeURL: `/openapi/v3/apis/a.example.com/v1?hash=${hash}` } },
      },
    });

    it('fetches a document once while its hash stays, and only those asked for', async () => {
      const cluster = await clusterOf(({ url }) => (url === '/openapi/v3' ? index('1') : schema('set')));
      for (let times = 0; times < 3; times += 1) {
        expect((await cluster.schemas(['a.example.com/v1', 'v1']))('a.example.com/v1', 'T')?.listType).toBe('set');
      }
      expect(api.asked.map(({ url }) => url)).toEqual(['/openapi/v3', '/openapi/v3/apis/a.example.com/v1?hash=1']);
    });

    it('takes the newest document when its hash is known no more', async () => {
      const cluster = await clusterOf(({ url }) =>
        url === '/openapi/v3' ? index('1') : url.includes('hash') ? refused(301, 'moved') : schema('map'),
      );
      expect((await cluster.schemas(['a.example.com/v1']))('a.example.com/v1', 'T')?.listType).toBe('map');
    });

    it('finds nothing of an API whose document is not there, and asks again the next time', async () => {
      let there = false;
      const cluster = await clusterOf(({ url }) =>
        url === '/openapi/v3' ? index('1') : there ? schema('map') : refused(404, 'no'),
      );
      expect((await cluster.schemas(['a.example.com/v1']))('a.example.com/v1', 'T')).toBeUndefined();
      there = true;
      expect((await cluster.schemas(['a.example.com/v1']))('a.example.com/v1', 'T')?.listType).toBe('map');
    });
  });
});
