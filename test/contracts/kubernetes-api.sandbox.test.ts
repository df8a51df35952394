import { startCluster } from '../../src/sandbox/cluster/cluster.ts';
import { describeKubernetesApi } from './kubernetes-api.contract.ts';

describeKubernetesApi('of the sandbox cluster', async () => {
  const cluster = await startCluster({ readyDelayMs: 200 });
  return {
    url: cluster.url,
    headers: { authorization: `Bearer ${cluster.token}` },
    tls: {},
    close: cluster.close,
  };
});
