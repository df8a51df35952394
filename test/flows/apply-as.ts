import type { SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';

/** Server-side apply by somebody who is not Planwright. */
export async function applyAs(cluster: SandboxCluster, manager: string, path: string, object: object): Promise<void> {
  const answer = await fetch(`${cluster.url}${path}?fieldManager=${manager}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${cluster.token}`, 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify(object),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** A namespace that was there before Planwright came. */
export function createNamespace(cluster: SandboxCluster, name: string): Promise<void> {
  return applyAs(cluster, 'kubectl', `/api/v1/namespaces/${name}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
}
