import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { ChangeStory } from './change-story.ts';
import { describeIdempotence } from './idempotent.contract.ts';
import { type RealCluster, realCluster } from './real-cluster.ts';
import { type Stage, setStage } from './stage.ts';

const run = `idempotent-${randomBytes(4).toString('hex')}`;

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: ${run}
    timeout: 2m
`;

describe('applying on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;
  beforeAll(async () => {
    cluster = await realCluster(run);
    cluster.removeAfterwards(`/api/v1/namespaces/${run}`);
    await cluster.apply(`/api/v1/namespaces/${run}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
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

  describeIdempotence({
    stage: () => stage,
    story: () => story,
    environment: 'staging',
    kinds: ['ConfigMap', 'Secret', 'Service', 'Deployment', 'CronJob', 'Role'],
    ofEachKind: 8,
  });
});
