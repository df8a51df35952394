import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';
import { setStage } from '../e2e/stage.ts';
import { applyAs, createNamespace } from './apply-as.ts';
import { configMap, deployment } from './manifests.ts';
import { type Files, type Pull, PullRequestStory } from './pull-request-story.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
stacks:
  - path: apps/{stack}/{environment}
    namespace: shop
    namespaces: [shop, kube-system]
`;

/** Each in a pull request of its own, all planned side by side. */
const proposals = {
  'broken YAML': {
    'apps/broken/staging/web.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  labels: {a: b\ndata:\n  a: b\n',
    'apps/fine/staging/settings.yaml': configMap('fine', { level: 'high' }),
  },
  'no kind': { 'apps/kindless/staging/values.yaml': 'replicas: 3\n' },
  'unknown field': {
    'apps/unknown/staging/web.yaml': deployment('unknown').replace('spec:\n', 'spec:\n  replicaz: 2\n'),
  },
  'duplicate objects': {
    'apps/twice/staging/a.yaml': configMap('twice', { a: '1' }),
    'apps/twice/staging/b.yaml': configMap('twice', { a: '2' }),
  },
  'foreign namespace': {
    'apps/elsewhere/staging/a.yaml': configMap('elsewhere', { a: '1' }).replace(
      'name: elsewhere',
      'name: elsewhere\n  namespace: payments',
    ),
  },
  'kube-system': {
    'apps/system/staging/a.yaml': configMap('system', { a: '1' }).replace(
      'name: system',
      'name: system\n  namespace: kube-system',
    ),
  },
  'cluster-scoped': { 'apps/cluster/staging/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n' },
  kustomize: {
    'apps/kustomized/staging/kustomization.yaml': 'resources: [web.yaml]\n',
    'apps/kustomized/staging/web.yaml': deployment('kustomized'),
  },
  symlink: { 'apps/linked/staging/web.yaml': { mode: '120000', content: '../../../README.md' } },
  selector: { 'apps/selector/staging/web.yaml': deployment('selector', { app: 'renamed' }) },
  'other manager': { 'apps/owned/staging/web.yaml': configMap('owned', { level: 'planwright' }) },
} as const satisfies Record<string, Files>;

describe('manifests that are refused', () => {
  let story: PullRequestStory;
  let cluster: SandboxCluster;
  let prepared: number;
  const pulls = new Map<string, Pull>();

  beforeAll(async () => {
    const stage = await setStage({
      clusterNames: ['staging'],
      files: { '.github/planwright.yml': configuration, 'README.md': 'secret of the root' },
    });
    story = new PullRequestStory(stage);
    const staging = stage.clusters.get('staging');
    if (staging === undefined) throw new Error('no cluster');
    cluster = staging;
    await createNamespace(cluster, 'shop');
    await applyAs(cluster, 'helm', '/api/v1/namespaces/shop/configmaps/owned', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owned' },
      data: { level: 'helm' },
    });
    await applyAs(cluster, 'planwright', '/apis/apps/v1/namespaces/shop/deployments/selector', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'selector' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'selector' } },
        template: {
          metadata: { labels: { app: 'selector' } },
          spec: { containers: [{ name: 'web', image: 'registry.test/web:1' }] },
        },
      },
    });
    prepared = cluster.audit.length;
    for (const [title, files] of Object.entries(proposals)) pulls.set(title, await story.open({ title, files }));
  });
  afterAll(() => story.stage.close());
  afterEach(() => expect(story.github.violations).toEqual([]));

  const pullOf = (title: keyof typeof proposals): Pull => {
    const pull = pulls.get(title);
    if (pull === undefined) throw new Error(`${title} was not opened`);
    return pull;
  };

  /** What is wrong, where GitHub shows it. */
  async function failure(title: keyof typeof proposals) {
    const { plan, gate } = await story.checked(pullOf(title));
    expect([plan.conclusion, gate.conclusion]).toEqual(['failure', 'failure']);
    expect(gate.output.summary).toContain('plan is current');
    const annotations = plan.output.annotations.map(({ path, startLine, level, message }) => ({
      path,
      startLine,
      level,
      message,
    }));
    return { plan, annotations };
  }

  it('broken YAML fails the plan on its line, and the other targets are planned', async () => {
    const { plan, annotations } = await failure('broken YAML');
    expect(annotations).toEqual([
      expect.objectContaining({ path: 'apps/broken/staging/web.yaml', startLine: 6, level: 'failure' }),
    ]);
    expect(plan.output.summary).toContain('apps/broken/staging/web.yaml:6');
    const comment = await story.commented(pullOf('broken YAML'), 'broken@staging');
    expect(comment).toContain('fine@staging');
    expect(comment).toContain('+   level: high');
  });

  it('a document without apiVersion and kind is an error on its line', async () => {
    const { annotations } = await failure('no kind');
    expect(annotations[0]).toEqual({
      path: 'apps/kindless/staging/values.yaml',
      startLine: 1,
      level: 'failure',
      message: expect.stringContaining('must be a Kubernetes object'),
    });
    expect(new Set(annotations.map(({ path, startLine }) => `${path}:${startLine}`))).toEqual(
      new Set(['apps/kindless/staging/values.yaml:1']),
    );
  });

  it("an unknown field is refused in the API's own words, on its line", async () => {
    const { annotations } = await failure('unknown field');
    expect(annotations).toEqual([
      expect.objectContaining({
        path: 'apps/unknown/staging/web.yaml',
        startLine: 6,
        message: expect.stringContaining('.spec.replicaz: field not declared in schema'),
      }),
    ]);
  });

  it('an object that stands in two files names both places', async () => {
    const { annotations } = await failure('duplicate objects');
    expect(annotations).toEqual([
      expect.objectContaining({
        path: 'apps/twice/staging/b.yaml',
        message: expect.stringContaining('apps/twice/staging/a.yaml:1'),
      }),
    ]);
  });

  it("a namespace that is not the stack's is refused", async () => {
    const { annotations } = await failure('foreign namespace');
    expect(annotations).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/namespace payments, and this stack may touch only shop/),
      }),
    ]);
  });

  it('kube-system is refused unless the server names it, whatever the stack says', async () => {
    const { annotations } = await failure('kube-system');
    expect(annotations).toEqual([
      expect.objectContaining({ path: 'apps/system/staging/a.yaml', message: expect.stringMatching(/kube-/) }),
    ]);
  });

  it('a kind without namespace is refused unless the stack names it, and says how', async () => {
    const { annotations } = await failure('cluster-scoped');
    expect(annotations).toEqual([
      expect.objectContaining({ message: expect.stringContaining('cluster_scoped: [Namespace]') }),
    ]);
  });

  it('a kustomization is refused as not supported yet', async () => {
    const { annotations } = await failure('kustomize');
    expect(annotations).toEqual([
      expect.objectContaining({
        path: 'apps/kustomized/staging/kustomization.yaml',
        message: expect.stringMatching(/kustomize.*not supported yet/),
      }),
    ]);
  });

  it('a symbolic link is never followed', async () => {
    const { annotations } = await failure('symlink');
    expect(annotations).toEqual([
      expect.objectContaining({
        path: 'apps/linked/staging/web.yaml',
        message: expect.stringContaining('symbolic link'),
      }),
    ]);
    expect((await story.commented(pullOf('symlink'), 'symbolic link')).includes('secret of the root')).toBe(false);
  });

  it('a changed selector is a replacement, named first and destructive', async () => {
    const { plan, gate } = await story.checked(pullOf('selector'));
    expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
    const comment = await story.commented(pullOf('selector'), 'selector@staging');
    expect(comment).toMatch(/replace.*Deployment/i);
    expect(comment).toContain('spec.selector');
    expect(comment.search(/replace/i)).toBeLessThan(comment.indexOf('```diff'));
  });

  it('a field of another manager fails the plan and says who owns what', async () => {
    const { annotations } = await failure('other manager');
    expect(annotations).toEqual([
      expect.objectContaining({ path: 'apps/owned/staging/web.yaml', message: expect.stringMatching(/helm/) }),
    ]);
    expect(JSON.stringify(annotations)).toContain('data.level');
  });

  it('planned all of that without writing anything to the cluster', () => {
    const writes = cluster.audit
      .slice(prepared)
      .filter(({ verb, dryRun }) => !['get', 'list', 'watch'].includes(verb) && !dryRun);
    expect(writes).toEqual([]);
  });
});
