import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { readKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { loadClusters } from '../../src/adapters/kubernetes/load-clusters.ts';
import { objectPath } from '../../src/adapters/kubernetes/resource-path.ts';
import { canonicalJson } from '../../src/domain/json.ts';
import type { ClusterUnderTest } from './cluster.contract.ts';

export const silentLog = { debug: () => undefined, warn: () => undefined };

/** The adapter on the first context of a kubeconfig file, for the contract suite. */
export async function kubeconfigCluster(file: string): Promise<ClusterUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'planwright-contract-'));
  const nowhere = join(folder, 'unreachable');
  await writeFile(nowhere, unreachableKubeconfig(await unusedPort()));
  const clusters = loadClusters({ kubeconfig: file, log: silentLog });
  const unreachable = loadClusters({ kubeconfig: nowhere, log: silentLog });
  const [name = ''] = clusters.names;
  const access = readKubeconfig([file]).contexts.get(name);
  const cluster = clusters.find(name);
  const farAway = unreachable.find('unreachable');
  if (!access || !cluster || !farAway) throw new Error(`${file} holds no context`);
  const client = new ApiClient({ cluster: name, access: () => access, log: silentLog, requestTimeoutMs: 30_000 });

  return {
    cluster,
    unreachable: farAway,
    applyAs: async (manager, address, object) => {
      const answer = await client.request({
        method: 'PATCH',
        path: `${objectPath(address)}?${new URLSearchParams({ fieldManager: manager, force: 'true' })}`,
        body: { type: 'application/apply-patch+yaml', text: canonicalJson(object) },
        as: 'own',
        repeatability: 'write',
      });
      if (answer.kind !== 'answered' || answer.status >= 300)
        throw new Error(`${manager} could not apply: ${JSON.stringify(answer)}`);
    },
    close: async () => {
      await Promise.all([clusters.close(), unreachable.close(), client.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

function unreachableKubeconfig(port: number): string {
  return JSON.stringify({
    clusters: [{ name: 'nowhere', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'nobody', user: { token: 'token-of-nobody' } }],
    contexts: [{ name: 'unreachable', context: { cluster: 'nowhere', user: 'nobody' } }],
  });
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
