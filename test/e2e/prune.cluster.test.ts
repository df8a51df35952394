import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineStory } from './engine-story.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';

const namespace = `prune-${randomBytes(4).toString('hex')}`;
const objects = `/api/v1/namespaces/${namespace}/configmaps`;
const settings = (name: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { level: 'low' } });

describe('an object that nobody renders any more, on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let story: EngineStory;

  beforeAll(async () => {
    cluster = await realCluster(namespace);
    const named = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await cluster.apply(`/api/v1/namespaces/${namespace}`, named);
    cluster.removeAfterwards(`/api/v1/namespaces/${namespace}`);
    const { kubeconfig, name, ownerNamespace } = cluster;
    story = new EngineStory({ kubeconfig, cluster: name, namespace, ownerNamespace });
  });

  afterAll(async () => {
    await story?.close();
    await cluster?.close();
  });

  it('stays, and the deployment is held, when somebody changes an approved field between plan and apply', async () => {
    story.write('edited', settings('edited'));
    await story.deploy('edited');
    story.write('edited', undefined);
    const planned = await story.plan('edited');
    await cluster.edit(`${objects}/edited`, { data: { level: 'high' } });
    expect(await story.apply(planned)).toEqual({
      kind: 'held',
      reason: `ConfigMap ${namespace}/edited is not deleted: its data.level was changed after the plan was approved`,
    });
    expect(await cluster.get(`${objects}/edited`)).toMatchObject({ data: { level: 'high' } });
  });

  it('goes when only a field that nobody approved has changed', async () => {
    story.write('touched', settings('touched'));
    await story.deploy('touched');
    story.write('touched', undefined);
    const planned = await story.plan('touched');
    await cluster.edit(`${objects}/touched`, { metadata: { annotations: { seen: 'yes' } } });
    expect(await story.apply(planned)).toMatchObject({ kind: 'succeeded' });
    expect(await cluster.get(`${objects}/touched`)).toBeUndefined();
  });
});
