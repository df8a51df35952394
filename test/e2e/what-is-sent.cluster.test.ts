import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { realKubeconfig } from '../contracts/real-kubeconfig.ts';
import { effectLines } from '../domain/plan/object-builder.ts';
import { EngineStory, ignoring } from './engine-story.ts';
import { type RealCluster, realCluster, writesIn } from './real-cluster.ts';

const run = `sent-${randomBytes(4).toString('hex')}`;
const execute = promisify(execFile);
const asSuite = { ...process.env, KUBECONFIG: realKubeconfig() };

const workload = (
  name: string,
  parts: { readonly replicas?: number; readonly image?: string; readonly extra?: string } = {},
) =>
  `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${run}
spec:
${parts.replicas === undefined ? '' : `  replicas: ${parts.replicas}\n`}  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      serviceAccountName: default
      containers:
        - { name: main, image: "registry.test/${parts.image ?? 'main:1'}" }
${parts.extra ?? ''}`;

const settings = (name: string, data: Readonly<Record<string, string>>) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: run }, data });

const autoscaler = (name: string, version: 'v1' | 'v2', minReplicas: number) => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: run },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas,
    maxReplicas: 9,
    ...(version === 'v2'
      ? {
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          ],
        }
      : { targetCPUUtilizationPercentage: 50 }),
  },
});

const field = (object: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((value, key) => (isJsonObject(value) ? value[key] : undefined), object);

describe('what is sent for an object, on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let story: EngineStory;

  beforeAll(async () => {
    cluster = await realCluster(run);
    await cluster.apply(`/api/v1/namespaces/${run}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
    cluster.removeAfterwards(`/api/v1/namespaces/${run}`);
    story = new EngineStory({
      kubeconfig: cluster.kubeconfig,
      cluster: cluster.name,
      namespace: run,
      ownerNamespace: cluster.ownerNamespace,
    });
  });

  afterAll(async () => {
    await story?.close();
    await cluster?.close();
  });

  const deployments = `/apis/apps/v1/namespaces/${run}/deployments`;
  const configMaps = `/api/v1/namespaces/${run}/configmaps`;
  const autoscalers = (version: string) => `/apis/autoscaling/${version}/namespaces/${run}/horizontalpodautoscalers`;
  const replicasOf = async (name: string) => field(await cluster.get(`${deployments}/${name}`), 'spec', 'replicas');
  const dataOf = async (name: string) => field(await cluster.get(`${configMaps}/${name}`), 'data');
  const managersOf = async (path: string): Promise<readonly string[]> => {
    const entries = field(await cluster.get(path), 'metadata', 'managedFields');
    return isJsonArray(entries)
      ? entries
          .filter(isJsonObject)
          .map(({ manager, operation, subresource }) => [manager, operation, subresource].filter(Boolean).join(' '))
      : [];
  };
  const kubectl = (input: string, ...args: readonly string[]) => {
    const child = execute('kubectl', [...args, '-f', '-'], { env: asSuite });
    child.child.stdin?.end(input);
    return child;
  };
  const messages = ({ plan }: { readonly plan: { readonly problems: readonly { readonly message: string }[] } }) =>
    plan.problems.map(({ message }) => message);
  const notes = ({ plan }: { readonly plan: { readonly changes: readonly { readonly notes: readonly string[] }[] } }) =>
    plan.changes.flatMap((change) => change.notes);

  /** Planning once more finds nothing, and applying that writes nothing. */
  const expectSettled = async (stack: string) => {
    const mark = cluster.audit?.mark() ?? 0;
    const again = await story.deploy(stack);
    expect(effectLines(again.plan)).toEqual([]);
    expect(again.plan.changes.filter(({ write }) => write)).toEqual([]);
    if (cluster.audit !== undefined) expect(writesIn(cluster.audit.since(mark))).toEqual([]);
  };

  describe('ignored fields', () => {
    it('are sent with a new object, and left alone from then on, whoever moves them', async () => {
      const ignore = [ignoring('Deployment', 'spec.replicas')];
      story.write('ignored', workload('ignored', { replicas: 2 }), { ignore });
      await story.deploy('ignored');
      expect(await replicasOf('ignored')).toBe(2);

      // Ours still: the next apply sends what is live, so that it is not reset to 1.
      story.write('ignored', workload('ignored', { replicas: 7, image: 'main:2' }), { ignore });
      const first = await story.deploy('ignored');
      expect(effectLines(first.plan)).toEqual([
        'update spec.template.spec.containers[name=main].image: "registry.test/main:1" → "registry.test/main:2"',
      ]);
      expect(await replicasOf('ignored')).toBe(2);

      await cluster.edit(`${deployments}/ignored`, { spec: { replicas: 3 } });
      await expectSettled('ignored');
      story.write('ignored', workload('ignored', { replicas: 7, image: 'main:3' }), { ignore });
      await story.deploy('ignored');
      expect(await replicasOf('ignored')).toBe(3);
      story.write('ignored', workload('ignored', { image: 'main:3' }), { ignore });
      await expectSettled('ignored');
      expect(await replicasOf('ignored')).toBe(3);
    });

    it('are no conflict with the manager that has them', async () => {
      await cluster.apply(`${configMaps}/shared`, JSON.parse(settings('shared', { theirs: 'a' })) as JsonObject);
      story.write('shared', settings('shared', { ours: '1', theirs: 'b' }), {
        ignore: [ignoring('ConfigMap', 'data.theirs')],
      });
      const planned = await story.deploy('shared');
      expect(effectLines(planned.plan)).toEqual(['update data.ours: absent → "1"']);
      expect(await dataOf('shared')).toEqual({ ours: '1', theirs: 'a' });
      await expectSettled('shared');
    });
  });

  describe('replicas that an autoscaler owns', () => {
    it.each(['v1', 'v2'] as const)('are never moved by a deployment beside a live autoscaling/%s', async (version) => {
      const name = `scaled-${version}`;
      story.write(name, workload(name, { replicas: 2 }));
      await story.deploy(name);
      await cluster.apply(`${autoscalers(version)}/${name}`, autoscaler(name, version, 2));

      // The autoscaler has written nothing yet: the field is still ours, and is sent as it is.
      story.write(name, workload(name, { replicas: 1, image: 'main:2' }));
      const first = await story.deploy(name);
      expect(effectLines(first.plan)).toHaveLength(1);
      expect(notes(first)).toEqual([`spec.replicas is left to HorizontalPodAutoscaler ${name}`]);
      expect(await replicasOf(name)).toBe(2);

      await cluster.apply(`${autoscalers(version)}/${name}`, autoscaler(name, version, 4));
      await expect.poll(() => replicasOf(name), { timeout: 120_000, interval: 500 }).toBe(4);
      expect(await managersOf(`${deployments}/${name}`)).toContain('kube-controller-manager Update scale');
      story.write(name, workload(name, { replicas: 1, image: 'main:3' }));
      const second = await story.deploy(name);
      expect(second.plan.problems).toEqual([]);
      expect(effectLines(second.plan)).toHaveLength(1);
      expect(await replicasOf(name)).toBe(4);
      await expectSettled(name);
      expect(await replicasOf(name)).toBe(4);
    });

    it('are left alone also when the autoscaler is rendered beside the object', async () => {
      const text = (replicas: number) =>
        `${workload('together', { replicas })}---\n${JSON.stringify(autoscaler('together', 'v2', 1))}`;
      story.write('together', text(2));
      await story.deploy('together');
      story.write('together', text(5));
      await expectSettled('together');
      expect(await replicasOf('together')).toBe(2);

      story.write('together', workload('together', { replicas: 5 }));
      const alone = await story.deploy('together');
      expect(notes(alone)).toContain(
        'spec.replicas is left to HorizontalPodAutoscaler together, which this removes: the number that it set stays, and shows as drift afterwards',
      );
      expect(await replicasOf('together')).toBe(2);
      const afterwards = await story.plan('together');
      expect(effectLines(afterwards.plan)).toEqual([expect.stringContaining('spec.replicas')]);
    });

    it('are no part of what is approved when the object goes', async () => {
      const name = 'scaled-away';
      story.write(name, workload(name, { replicas: 1 }));
      await story.deploy(name);
      await cluster.apply(`${autoscalers('v2')}/${name}`, autoscaler(name, 'v2', 3));
      await expect.poll(() => replicasOf(name), { timeout: 120_000, interval: 500 }).toBe(3);
      story.write(name, undefined);
      const planned = await story.plan(name);
      expect(effectLines(planned.plan)).toContainEqual(expect.stringMatching(/^delete .*image/));
      expect(effectLines(planned.plan).join()).not.toContain('spec.replicas');
      await cluster.apply(`${autoscalers('v2')}/${name}`, autoscaler(name, 'v2', 4));
      await expect.poll(() => replicasOf(name), { timeout: 120_000, interval: 500 }).toBe(4);
      expect(await story.apply(planned)).toMatchObject({ kind: 'succeeded' });
      expect(await cluster.get(`${deployments}/${name}`)).toBeUndefined();
    });
  });

  describe('who may not read autoscalers', () => {
    it('plans the replicas as rendered, and says so', async () => {
      const planner = `planner-${run}`;
      const rights = '/apis/rbac.authorization.k8s.io/v1';
      const names = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: planner } };
      const rules = [
        { apiGroups: [''], resources: ['namespaces', 'configmaps'], verbs: ['get', 'list'] },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'patch'] },
      ];
      await cluster.apply(`${rights}/clusterroles/${planner}`, { ...names, kind: 'ClusterRole', rules });
      await cluster.apply(`${rights}/clusterrolebindings/${planner}`, {
        ...names,
        kind: 'ClusterRoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: planner },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: planner }],
      });
      for (const kind of ['clusterroles', 'clusterrolebindings'])
        cluster.removeAfterwards(`${rights}/${kind}/${planner}`);
      const { kubeconfig, name, ownerNamespace } = cluster;
      const limited = new EngineStory({ kubeconfig, cluster: name, namespace: run, ownerNamespace, planner });
      try {
        limited.write('limited', workload('limited', { replicas: 2 }));
        await limited.deploy('limited');
        limited.write('limited', workload('limited', { replicas: 3 }));
        const planned = await limited.deploy('limited');
        expect(effectLines(planned.plan)).toEqual(['update spec.replicas: 2 → 3']);
        expect(notes(planned)[0]).toMatch(
          /^spec\.replicas is planned as rendered; whether an autoscaler owns it could not be read: .*horizontalpodautoscalers/,
        );
        expect(await replicasOf('limited')).toBe(3);
      } finally {
        await limited.close();
      }
    });
  });

  describe('force_conflicts', () => {
    it('takes the fields of the managers that it names and of no others, and says so', async () => {
      const theirs = (data: Readonly<Record<string, string>>) => JSON.parse(settings('forced', data)) as JsonObject;
      await cluster.applyAs('helm', `${configMaps}/forced`, theirs({ a: 'helm' }));
      await cluster.applyAs('argocd-controller', `${configMaps}/forced`, theirs({ b: 'argo' }));
      const wanted = settings('forced', { a: 'ours', b: 'ours' });

      story.write('forced', wanted, { forceConflicts: { kind: 'managers', managers: ['helm'] } });
      const refused = await story.plan('forced');
      expect(messages(refused)).toEqual([expect.stringContaining('argocd-controller owns data.b; helm owns data.a;')]);
      expect(messages(refused)[0]).toContain('`force_conflicts: [argocd-controller, helm]`');
      await expect(story.apply(refused)).rejects.toThrow('argocd-controller owns data.b');
      expect(await dataOf('forced')).toEqual({ a: 'helm', b: 'argo' });

      story.write('forced', wanted, { forceConflicts: { kind: 'managers', managers: ['helm', 'argocd-controller'] } });
      const planned = await story.deploy('forced');
      expect(effectLines(planned.plan)).toEqual(['update data.a: "helm" → "ours"', 'update data.b: "argo" → "ours"']);
      expect(notes(planned)).toEqual(
        expect.arrayContaining([
          "takes data.a from helm, as the stack's `force_conflicts` allows",
          "takes data.b from argocd-controller, as the stack's `force_conflicts` allows",
        ]),
      );
      expect(await dataOf('forced')).toEqual({ a: 'ours', b: 'ours' });
      await expectSettled('forced');
    });

    it("true takes anybody's, also what was written through a subresource", async () => {
      story.write('anybody', workload('anybody', { replicas: 2 }));
      await story.deploy('anybody');
      await execute('kubectl', ['scale', 'deployment/anybody', '--replicas=3', '-n', run], { env: asSuite });
      expect(await managersOf(`${deployments}/anybody`)).toContain('kubectl Update scale');
      story.write('anybody', workload('anybody', { replicas: 4 }), { forceConflicts: { kind: 'all' } });
      const planned = await story.deploy('anybody');
      expect(planned.plan.problems).toEqual([]);
      expect(await replicasOf('anybody')).toBe(4);
      await expectSettled('anybody');
    });
  });

  describe('what kubectl applied client-side', () => {
    const before = workload('classic', {
      replicas: 3,
      extra: '        - { name: gone, image: registry.test/gone:1 }\n',
    }).replace(
      'metadata:\n  name: classic',
      'metadata:\n  annotations: { gone: "yes", stays: "yes" }\n  name: classic',
    );
    const after = workload('classic', { image: 'main:2' }).replace(
      'metadata:\n  name: classic',
      'metadata:\n  annotations: { stays: "yes" }\n  name: classic',
    );

    it('goes when it is rendered no more, as the plan shows, and planning writes nothing', async () => {
      await kubectl(before, 'apply');
      expect(await managersOf(`${deployments}/classic`)).toContain('kubectl-client-side-apply Update');
      const revision = async () =>
        field(
          await cluster.get(`${deployments}/classic`),
          'metadata',
          'annotations',
          'deployment.kubernetes.io/revision',
        );
      await expect.poll(revision, { timeout: 60_000 }).toBe('1');
      story.write('classic', after);
      const mark = cluster.audit?.mark() ?? 0;
      const planned = await story.plan('classic');
      if (cluster.audit !== undefined) expect(writesIn(cluster.audit.since(mark))).toEqual([]);
      expect(planned.plan.problems).toEqual([]);
      expect(effectLines(planned.plan)).toEqual([
        'update metadata.annotations.gone: "yes" → absent',
        'update spec.replicas: 3 → absent',
        'update spec.template.spec.containers[name=gone].image: "registry.test/gone:1" → absent',
        'update spec.template.spec.containers[name=gone].name: "gone" → absent',
        'update spec.template.spec.containers[name=main].image: "registry.test/main:1" → "registry.test/main:2"',
      ]);
      expect(notes(planned)[0]).toContain('was applied client-side until now (kubectl-client-side-apply)');

      expect(await story.apply(planned)).toMatchObject({ kind: 'succeeded' });
      const live = await cluster.get(`${deployments}/classic`);
      expect(field(live, 'spec', 'replicas')).toBe(1);
      const containers = field(live, 'spec', 'template', 'spec', 'containers');
      expect(isJsonArray(containers) && containers.map((one) => field(one, 'image'))).toEqual(['registry.test/main:2']);
      expect(Object.keys(field(live, 'metadata', 'annotations') ?? {}).sort()).toEqual([
        'deployment.kubernetes.io/revision',
        'stays',
      ]);
      expect(await managersOf(`${deployments}/classic`)).not.toContain('kubectl-client-side-apply Update');
      await expectSettled('classic');
    });

    it('becomes ours also where nobody recorded who wrote it', async () => {
      await kubectl(settings('untracked', { gone: '1', stays: '1' }), 'apply');
      await cluster.edit(`${configMaps}/untracked`, { metadata: { managedFields: [{}] } });
      expect(await managersOf(`${configMaps}/untracked`)).toEqual([]);
      story.write('untracked', settings('untracked', { stays: '2' }));
      const first = await story.deploy('untracked');
      expect(effectLines(first.plan)).toEqual(['update data.stays: "1" → "2"']);
      // The API server has written down by now who had it before.
      expect(await managersOf(`${configMaps}/untracked`)).toContain('before-first-apply Update');
      const second = await story.deploy('untracked');
      expect(effectLines(second.plan)).toEqual(['update data.gone: "1" → absent']);
      expect(await dataOf('untracked')).toEqual({ stays: '2' });
      await expectSettled('untracked');
    });

    it('is left where an ignored field is among it', async () => {
      await kubectl(settings('spared', { gone: '1', theirs: '1' }), 'apply');
      story.write('spared', settings('spared', { ours: '1' }), { ignore: [ignoring('ConfigMap', 'data.theirs')] });
      const planned = await story.deploy('spared');
      expect(effectLines(planned.plan)).toEqual(['update data.gone: "1" → absent', 'update data.ours: absent → "1"']);
      expect(await dataOf('spared')).toEqual({ ours: '1', theirs: '1' });
      await expectSettled('spared');
    });
  });
});
