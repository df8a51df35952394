import { isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';

export interface NodeAccess {
  list(path: string): Promise<readonly JsonObject[]>;
  apply(path: string, object: JsonObject): Promise<JsonObject>;
}

const renewalMs = 10_000;

/**
 * Renews the leases of simulated nodes until it is stopped. Nobody else does: after 40 s without a sign of life the node controller takes the node for
 * lost and makes its pods not ready, and no kubelet is there to correct that. Nodes of a real cluster are left alone.
 */
export async function keepSimulatedNodesAlive(cluster: NodeAccess): Promise<() => Promise<void>> {
  const nodes = (await cluster.list('/api/v1/nodes')).filter(isSimulated).map(nameOf);
  const renew = async () => {
    for (const node of nodes)
      await cluster.apply(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`, leaseOf(node));
  };
  await renew();
  let last = Promise.resolve();
  const timer = setInterval(() => {
    // One that did not get through is made up for by the next.
    last = renew().catch(() => undefined);
  }, renewalMs);
  return async () => {
    clearInterval(timer);
    await last;
  };
}

function leaseOf(node: string): JsonObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: node, namespace: 'kube-node-lease' },
    spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime: new Date().toISOString().replace('Z', '000Z') },
  };
}

function isSimulated({ status }: JsonObject): boolean {
  return member(member(status, 'nodeInfo'), 'kubeletVersion') === 'simulated';
}

function nameOf({ metadata }: JsonObject): string {
  return String(member(metadata, 'name'));
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}
