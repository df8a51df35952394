import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { realKubeconfig } from '../contracts/real-kubeconfig.ts';
import { effectLines } from '../domain/plan/object-builder.ts';
import { EngineStory } from './engine-story.ts';
import { type RealCluster, realCluster, writesIn } from './real-cluster.ts';

const run = `over-${randomBytes(4).toString('hex')}`;
const execute = promisify(execFile);
const asSuite = { ...process.env, KUBECONFIG: realKubeconfig() };

interface Marks {
  readonly labels?: JsonObject;
  readonly annotations?: JsonObject;
}

const settings = (name: string, data: JsonObject, marks: Marks = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: run, ...marks },
  data,
});

const field = (object: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((value, key) => (isJsonObject(value) ? value[key] : undefined), object);

/** All but what every write moves. */
const withoutBookkeeping = (object: JsonObject | undefined): JsonObject => {
  const {
    managedFields: _fields,
    resourceVersion: _version,
    generation: _generation,
    ...metadata
  } = (object?.metadata ?? {}) as JsonObject;
  return { ...object, metadata };
};

describe('taking over on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let story: EngineStory;
  let directory: string;

  beforeAll(async () => {
    cluster = await realCluster(run);
    directory = await mkdtemp(join(tmpdir(), 'pw-over-'));
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
    if (directory !== undefined) await rm(directory, { recursive: true });
  });

  const path = (name: string) => `/api/v1/namespaces/${run}/configmaps/${name}`;
  const dataOf = async (name: string) => field(await cluster.get(path(name)), 'data');
  const setOf = async (name: string) =>
    field(await cluster.get(path(name)), 'metadata', 'labels', 'applyset.kubernetes.io/part-of');
  const notes = ({ plan }: Awaited<ReturnType<EngineStory['plan']>>) => plan.changes.flatMap((change) => change.notes);
  const messages = ({ plan }: Awaited<ReturnType<EngineStory['plan']>>) => plan.problems.map(({ message }) => message);

  const expectSettled = async (stack: string) => {
    const mark = cluster.audit?.mark() ?? 0;
    const again = await story.deploy(stack);
    expect(effectLines(again.plan)).toEqual([]);
    expect(again.plan.changes.filter(({ write }) => write)).toEqual([]);
    if (cluster.audit !== undefined) expect(writesIn(cluster.audit.since(mark))).toEqual([]);
  };

  describe('what another tool put there', () => {
    const stdin = (input: string, ...args: readonly string[]) => {
      const child = execute('kubectl', [...args, '-f', '-'], { env: asSuite });
      child.child.stdin?.end(input);
      return child;
    };
    const helm = async (name: string, object: JsonObject) => {
      const chart = join(directory, name);
      await mkdir(join(chart, 'templates'), { recursive: true });
      await writeFile(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`);
      await writeFile(join(chart, 'templates', 'all.yaml'), JSON.stringify(object));
      await execute('helm', ['install', name, chart, '--namespace', run], { env: asSuite });
    };

    interface Tool {
      readonly name: string;
      readonly manager: string;
      /** As the tool's own render has it; it stays on the object. */
      readonly marks: Marks;
      readonly says?: string;
      put(name: string, object: JsonObject, marks: Marks): Promise<unknown>;
    }
    const ssa =
      (manager: string): Tool['put'] =>
      (name, object) =>
        cluster.applyAs(manager, path(name), object);
    const tools: readonly Tool[] = [
      {
        name: 'helm',
        manager: 'helm',
        marks: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
        says: 'Helm keeps it too (annotation meta.helm.sh/release-name: by-helm)',
        put: (name, object) => helm(name, object),
      },
      {
        name: 'argo',
        manager: 'argocd-controller',
        marks: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:shop/by-argo' } },
        says: 'Argo CD keeps it too (annotation argocd.argoproj.io/tracking-id: shop:/ConfigMap:shop/by-argo)',
        put: ssa('argocd-controller'),
      },
      {
        name: 'flux',
        manager: 'kustomize-controller',
        marks: {
          labels: {
            'kustomize.toolkit.fluxcd.io/name': 'shop',
            'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
          },
        },
        says: 'Flux keeps it too (label kustomize.toolkit.fluxcd.io/name: shop)',
        put: ssa('kustomize-controller'),
      },
      {
        name: 'flux-helm',
        manager: 'helm-controller',
        marks: { labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' } },
        says: 'Flux keeps it too (label helm.toolkit.fluxcd.io/name: shop)',
        put: ssa('helm-controller'),
      },
      {
        name: 'kubectl',
        manager: 'kubectl',
        marks: {},
        put: (_, object) => stdin(JSON.stringify(object), 'apply', '--server-side'),
      },
    ];

    it.each(tools)('is listed by owner, taken with force_conflicts, and then at rest: $name', async (tool) => {
      const name = `by-${tool.name}`;
      await tool.put(name, settings(name, { changed: '1', kept: '1', theirs: '1' }, tool.marks), tool.marks);
      const before = await cluster.get(path(name));

      story.write(name, JSON.stringify(settings(name, { changed: '2', kept: '1' })));
      const refused = await story.plan(name);
      expect(messages(refused)).toEqual([
        `ConfigMap ${run}/${name}: ${tool.manager} owns data.changed; take the fields out of the manifest, list them under the stack's \`ignore\`, or take them over with \`force_conflicts: [${tool.manager}]\``,
      ]);
      expect(notes(refused).filter((note) => note.includes('keeps it too'))).toEqual(
        tool.says === undefined ? [] : [expect.stringContaining(tool.says)],
      );

      const forceConflicts = { kind: 'managers', managers: [tool.manager] } as const;
      story.write(name, JSON.stringify(settings(name, { changed: '2', kept: '1' })), { forceConflicts });
      const planned = await story.deploy(name);
      expect(planned.plan.problems).toEqual([]);
      expect(effectLines(planned.plan)).toEqual(['update data.changed: "1" → "2"']);
      expect(notes(planned)).toContain(
        `takes data.changed from ${tool.manager}, as the stack's \`force_conflicts\` allows`,
      );
      const after = await cluster.get(path(name));
      const labels = {
        ...(field(before, 'metadata', 'labels') as JsonObject),
        'applyset.kubernetes.io/part-of': planned.applySet.id,
      };
      expect(withoutBookkeeping(after)).toEqual({
        ...withoutBookkeeping(before),
        metadata: { ...(withoutBookkeeping(before).metadata as JsonObject), labels },
        data: { changed: '2', kept: '1', theirs: '1' },
      });
      await expectSettled(name);
    });

    it('is taken without a word where kubectl applied it client-side', async () => {
      await stdin(JSON.stringify(settings('by-kubectl-classic', { changed: '1', kept: '1', gone: '1' })), 'apply');
      story.write('by-kubectl-classic', JSON.stringify(settings('by-kubectl-classic', { changed: '2', kept: '1' })));
      const planned = await story.deploy('by-kubectl-classic');
      expect(effectLines(planned.plan)).toEqual(['update data.changed: "1" → "2"', 'update data.gone: "1" → absent']);
      expect(await dataOf('by-kubectl-classic')).toEqual({ changed: '2', kept: '1' });
      await expectSettled('by-kubectl-classic');
    });
  });

  describe('between targets', () => {
    const of = (...names: readonly string[]) =>
      names.map((name) => JSON.stringify(settings(name, { a: '1' }))).join('\n---\n');
    const both = async (order: 'taker first' | 'releaser first', prefix: string) => {
      const [from, to] = [`${prefix}-from`, `${prefix}-to`];
      story.write(from, of(`${prefix}-stays`, `${prefix}-moves`));
      story.write(to, of(`${prefix}-own`));
      await story.deploy(from);
      await story.deploy(to);
      const uid = field(await cluster.get(path(`${prefix}-moves`)), 'metadata', 'uid');

      story.write(from, of(`${prefix}-stays`));
      story.write(to, of(`${prefix}-own`, `${prefix}-moves`));
      const [releasing, taking] = [await story.plan(from), await story.plan(to)];
      expect([
        ...messages(releasing),
        ...messages(taking),
        ...effectLines(releasing.plan),
        ...effectLines(taking.plan),
      ]).toEqual([]);
      expect(notes(releasing)).toContain(`moved to ${to}@production: it becomes that target's and stays as it is`);
      expect(notes(taking)).toContain(
        `moved from ${from}@production: it becomes this target's as it is, and is not deleted there`,
      );
      for (const stack of order === 'taker first' ? [to, from] : [from, to]) await story.deploy(stack);
      expect(field(await cluster.get(path(`${prefix}-moves`)), 'metadata', 'uid')).toBe(uid);
      expect(await setOf(`${prefix}-moves`)).toBe(taking.applySet.id);
      await expectSettled(from);
      await expectSettled(to);
      return { from, to, uid };
    };

    it('an object moves when its owner releases it in the same commit, whoever is deployed first', async () => {
      await both('taker first', 'one');
      await both('releaser first', 'two');
    });

    it('an object of a target that goes away whole is moved, and nothing else of it stays', async () => {
      story.write('goes', of('goes-away', 'goes-over'));
      await story.deploy('goes');
      const uid = field(await cluster.get(path('goes-over')), 'metadata', 'uid');
      story.write('goes', undefined);
      story.write('comes', of('goes-over'));
      await story.deploy('goes');
      expect(await dataOf('goes-away')).toBeUndefined();
      await story.deploy('comes');
      expect(field(await cluster.get(path('goes-over')), 'metadata', 'uid')).toBe(uid);
      await expectSettled('comes');
    });

    it('fields that only the former target rendered go, as the plan shows', async () => {
      story.write('richer', JSON.stringify(settings('richer', { a: '1', b: '1' })));
      await story.deploy('richer');
      story.write('richer', undefined);
      story.write('poorer', JSON.stringify(settings('richer', { a: '1' })));
      const planned = await story.deploy('poorer');
      expect(effectLines(planned.plan)).toEqual(['update data.b: "1" → absent']);
      expect(await dataOf('richer')).toEqual({ a: '1' });
      await expectSettled('poorer');
    });

    it('an object that its owner still renders is refused, and its owner named', async () => {
      story.write('first', of('wanted'));
      await story.deploy('first');
      story.write('second', of('wanted'));
      expect(messages(await story.plan('second'))).toEqual([
        `ConfigMap ${run}/wanted belongs to first@production, which renders it too; remove it there first, or keep it in one target only`,
      ]);
    });

    it('an object of a set that nobody here knows is refused with its id', async () => {
      const foreign = settings(
        'foreign',
        { a: '1' },
        { labels: { 'applyset.kubernetes.io/part-of': 'applyset-of-others-v1' } },
      );
      await cluster.apply(path('foreign'), foreign);
      story.write('third', of('foreign'));
      expect(messages(await story.plan('third'))[0]).toContain('belongs to another set (applyset-of-others-v1)');
    });
  });
});
