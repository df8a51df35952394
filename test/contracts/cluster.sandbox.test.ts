import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../../src/sandbox/cluster/cluster.ts';
import { describeCluster } from './cluster.contract.ts';
import { kubeconfigCluster } from './kubeconfig-cluster.ts';

describeCluster('the sandbox API server', async () => {
  const sandbox = await startCluster();
  const folder = await mkdtemp(join(tmpdir(), 'planwright-sandbox-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, sandbox.kubeconfig());
  const test = await kubeconfigCluster(file);
  return {
    ...test,
    close: async () => {
      await test.close();
      await sandbox.close();
      await rm(folder, { recursive: true });
    },
  };
});
