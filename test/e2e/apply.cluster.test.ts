import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type Json } from '../../src/domain/json.ts';
import { ChangeStory, type Proposal } from './change-story.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { repo, type Stage, setStage } from './stage.ts';

const run = `apply-${randomBytes(4).toString('hex')}`;
const group = `${run}.planwright.dev`;
const namespace = run;
const canary = 'canary-that-nobody-may-see';
/** On a machine that is busy with other things. */
const patienceMs = 240_000;

const configuration = (cluster: string) => `version: 1
environments:
  lab:
    cluster: ${cluster}
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: ${namespace}
    cluster_scoped: [CustomResourceDefinition, Fleet]
    timeout: 120s
  - path: quick/{stack}/{environment}
    namespace: ${namespace}
    timeout: 20s
`;

const manifest = (...objects: readonly object[]) =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('---\n');
const configMap = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, annotations },
});
const definition = (plural: string, scope: 'Namespaced' | 'Cluster') => {
  const kind = `${plural.slice(0, 1).toUpperCase()}${plural.slice(1, -1)}`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, plural },
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
};
const custom = (kind: string, name: string) => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name },
  spec: { size: 1 },
});
const template = (simulate: string, name: string) => ({
  metadata: { labels: { app: name, ...(simulate === '' ? {} : { 'planwright.dev/simulate': simulate }) } },
  spec: { containers: [{ name: 'main', image: 'registry.test/main:1' }] },
});
const deployment = (name: string, simulate = '') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template(simulate, name) },
});
const job = (name: string, { simulate = '', wave = '0' } = {}) => {
  const pods = template(simulate, name);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'planwright.dev/wave': wave } },
    spec: { backoffLimit: 0, template: { ...pods, spec: { ...pods.spec, restartPolicy: 'Never' } } },
  };
};

describe('an apply on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;

  beforeAll(async () => {
    cluster = await realCluster(run);
    await cluster.apply(`/api/v1/namespaces/${namespace}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    cluster.removeAfterwards(`/api/v1/namespaces/${namespace}`);
    stage = await setStage({
      kubeconfig: cluster.kubeconfig,
      ownerNamespace: cluster.ownerNamespace,
      files: { '.github/planwright.yml': configuration(cluster.name) },
    });
    story = new ChangeStory(stage);
  });

  afterAll(async () => {
    try {
      await stage?.close();
    } finally {
      await cluster?.close();
    }
  });

  const at = (resource: string, name: string, api = '/api/v1') => `${api}/namespaces/${namespace}/${resource}/${name}`;
  const definitionPath = (plural: string) =>
    `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
  const field = (object: Json | undefined, ...path: readonly string[]): Json | undefined =>
    path.reduce<Json | undefined>((value, key) => (isJsonObject(value) ? value[key] : undefined), object);

  async function land(
    title: string,
    files: Readonly<Record<string, string | null>>,
  ): Promise<Proposal & { merged: string }> {
    const proposal = await story.propose(title, files);
    const { plan } = await story.checked(proposal);
    if (plan.conclusion !== 'success') throw new Error(`the plan of ${title} failed:\n${story.comment(proposal)}`);
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    return { ...proposal, merged: await story.merge(proposal) };
  }
  const ended = (merged: string, conclusion: string) =>
    stage.eventually(
      `the deployment ends as ${conclusion}`,
      () => {
        const check = stage.github.checkRuns(repo, merged, 'latest').find(({ name }) => name === 'planwright/deploy');
        if (check?.status !== 'completed') return undefined;
        if (check.conclusion !== conclusion)
          throw new Error(`it ended as ${check.conclusion}: ${check.output.summary}`);
        return check;
      },
      patienceMs,
    );
  const issueOf = (target: string) =>
    stage.github.issues(repo).find(({ title, state }) => state === 'open' && title.startsWith(`${target}: `))?.body ??
    '';
  const waitFor = (what: string, path: string) => stage.eventually(what, () => cluster.get(path), patienceMs);

  it('writes custom resources of both scopes in the change that brings their definitions', async () => {
    for (const plural of ['hulls', 'fleets']) cluster.removeAfterwards(definitionPath(plural));
    const { merged } = await land('Definitions', {
      'apps/crds/lab/all.yaml': manifest(
        custom('Fleet', `${run}-first`),
        custom('Hull', 'one'),
        definition('hulls', 'Namespaced'),
        definition('fleets', 'Cluster'),
      ),
    });
    await ended(merged, 'success');
    expect(await cluster.get(at('hulls', 'one', `/apis/${group}/v1`))).toBeDefined();
    expect(await cluster.get(`/apis/${group}/v1/fleets/${run}-first`)).toBeDefined();
  });

  it('deletes custom resources before their definition, and waits until both are gone', async () => {
    const mark = cluster.audit?.mark() ?? 0;
    const proposal = await story.propose('No hulls', {
      'apps/crds/lab/all.yaml': manifest(
        custom('Fleet', `${run}-first`),
        definition('fleets', 'Cluster'),
        configMap('crds-a'),
        configMap('crds-b'),
      ),
    });
    await story.checked(proposal);
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    await ended(await story.merge(proposal), 'success');
    expect(await cluster.get(definitionPath('hulls'))).toBeUndefined();
    const deleted = cluster.audit?.since(mark).filter(({ verb, code }) => verb === 'delete' && code < 300);
    if (deleted !== undefined)
      expect(deleted.map(({ uri }) => new URL(uri, 'https://x').pathname)).toEqual([
        at('hulls', 'one', `/apis/${group}/v1`),
        definitionPath('hulls'),
      ]);
  });

  it('waits for a kind that a controller brings, and writes its object last', async () => {
    cluster.removeAfterwards(definitionPath('gadgets'));
    const { merged, number } = await land('Gadget', {
      'apps/late/lab/all.yaml': manifest(custom('Gadget', 'one'), configMap('late')),
    });
    expect(story.comment({ number })).toContain('no CustomResourceDefinition, live or in this change, defines Gadget');
    await waitFor('the rest is written', at('configmaps', 'late'));
    await cluster.apply(definitionPath('gadgets'), definition('gadgets', 'Namespaced'));
    await ended(merged, 'success');
    expect(field(await cluster.get(at('gadgets', 'one', `/apis/${group}/v1`)), 'spec', 'size')).toBe(1);
  });

  it('refuses a kind that turns out to belong to no namespace', async () => {
    cluster.removeAfterwards(definitionPath('worlds'));
    const { merged } = await land('World', {
      'apps/scope/lab/all.yaml': manifest(custom('World', `${run}-one`), configMap('scope')),
    });
    await waitFor('the rest is written', at('configmaps', 'scope'));
    await cluster.apply(definitionPath('worlds'), definition('worlds', 'Cluster'));
    await ended(merged, 'failure');
    expect(issueOf('scope@lab')).toContain('without namespaces, which the plan could not know');
    expect(await cluster.get(`/apis/${group}/v1/worlds/${run}-one`)).toBeUndefined();
  });

  it('names a kind that never appears', async () => {
    const { merged } = await land('Nothing', { 'quick/never/lab/all.yaml': manifest(custom('Nothing', 'one')) });
    await ended(merged, 'failure');
    expect(issueOf('never@lab')).toMatch(/did not serve .*Nothing.* within 20 s/);
  });

  it('has a Job of an earlier wave end before the next wave begins', async () => {
    const { merged } = await land('Migrate', {
      'apps/waves/lab/all.yaml': manifest(
        configMap('waves-after', { 'planwright.dev/wave': '1' }),
        job('waves-migrate', { wave: '-1' }),
        deployment('waves-web'),
      ),
    });
    await ended(merged, 'success');
    const done = field(await cluster.get(at('jobs', 'waves-migrate', '/apis/batch/v1')), 'status', 'completionTime');
    const web = field(
      await cluster.get(at('deployments', 'waves-web', '/apis/apps/v1')),
      'metadata',
      'creationTimestamp',
    );
    const after = field(await cluster.get(at('configmaps', 'waves-after')), 'metadata', 'creationTimestamp');
    expect([done, web, after].toSorted()).toEqual([done, web, after]);
  });

  it('writes nothing after a Job of an earlier wave that fails, and shows its log', async () => {
    const { merged } = await land('Migrate badly', {
      'apps/stopped/lab/all.yaml': manifest(
        job('stopped-migrate', { wave: '-1', simulate: 'job-failure' }),
        deployment('stopped-web'),
      ),
    });
    await ended(merged, 'failure');
    expect(await cluster.get(at('deployments', 'stopped-web', '/apis/apps/v1'))).toBeUndefined();
    const issue = issueOf('stopped@lab');
    expect(issue).toContain('Job has reached the specified backoff limit');
    expect(issue).toContain('container `main`: terminated, Error, status 1');
    expect(issue).toContain('error: simulated log of a simulated container');
  });

  it.each([
    ['crash', 'waiting, CrashLoopBackOff: back-off', 'Warning BackOff, Pod crash-', true],
    ['image-pull-failure', 'waiting, ImagePullBackOff: Back-off', 'Warning Failed, Pod image-pull-failure-', false],
    ['never-ready', 'running, not ready', 'Warning Unhealthy, Pod never-ready-', true],
  ])('shows why pods fail: %s', async (simulate, state, event, hasLog) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: simulate }, stringData: { phrase: canary } };
    const { merged } = await land(simulate, {
      [`quick/${simulate}/lab/all.yaml`]: manifest(secret, deployment(simulate, simulate)),
    });
    const check = await ended(merged, 'failure');
    for (const text of [issueOf(`${simulate}@lab`), check.output.summary ?? '']) {
      expect(text).toContain(state);
      expect(text).toContain(event);
      expect(text.includes('error: simulated log of a simulated container')).toBe(hasLog);
      expect(text).not.toContain(canary);
    }
  });

  it('names the finalizer that keeps what it deletes', async () => {
    const three = ['keep-a', 'keep-b', 'keep-c'].map((name) => configMap(name));
    const start = await land('Keep', { 'quick/kept/lab/all.yaml': manifest(...three) });
    await ended(start.merged, 'success');
    await cluster.edit(at('configmaps', 'keep-c'), { metadata: { finalizers: ['example.com/not-yet'] } });
    const { merged } = await land('Keep less', { 'quick/kept/lab/all.yaml': manifest(...three.slice(0, 2)) });
    await ended(merged, 'failure');
    expect(issueOf('kept@lab')).toContain('its finalizers keep it: example.com/not-yet');
    await cluster.edit(at('configmaps', 'keep-c'), { metadata: { finalizers: null } });
  });
});
