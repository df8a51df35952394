import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterAccess } from './kubeconfig.ts';

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster whose pod this process runs in, with the pod's service account; undefined outside of a pod.
 * The token is read again as the kubelet renews it.
 */
export function findInCluster(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string = serviceAccountFolder,
): ClusterAccess | undefined {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT;
  const tokenFile = join(folder, 'token');
  if (!host || !port || !existsSync(tokenFile)) return undefined;
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    cluster: {
      name: 'in-cluster',
      server: `https://${authority}`,
      caFile: join(folder, 'ca.crt'),
      skipTLSVerify: false,
    },
    user: { name: 'in-cluster', authProvider: { name: 'tokenFile', config: { tokenFile } } },
    impersonatedGroups: [],
  };
}
