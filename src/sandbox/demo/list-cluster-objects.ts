import { loadClusters } from '../../adapters/kubernetes/load-clusters.ts';
import type { JsonObject } from '../../domain/json.ts';
import { statusOf } from './run-demo.ts';
import type { DemoCluster } from './snapshot.ts';

const shownKinds = ['ConfigMap', 'Deployment', 'Pod', 'Service'];
const silent = { debug() {}, warn() {} };

/** The objects of the demo's namespace on a cluster of the user's own; none while it does not answer. */
export async function listClusterObjects(at: {
  readonly kubeconfig: string;
  readonly cluster: string;
  readonly namespace: string;
}): Promise<DemoCluster['objects']> {
  const clusters = loadClusters({ kubeconfig: at.kubeconfig, log: silent });
  try {
    const cluster = clusters.find(at.cluster);
    if (cluster === undefined) return [];
    const { kinds } = await cluster.kinds();
    const wanted = kinds.filter(
      (kind) => shownKinds.includes(kind.kind) && (kind.group === '' || kind.group === 'apps'),
    );
    const lists = await Promise.all(
      wanted.map(async (kind) => {
        const answer = await cluster.list(kind, { namespace: at.namespace });
        return answer.kind === 'listed'
          ? answer.items.map((item) => ({
              kind: kind.kind,
              ...nameOf(item),
              status: statusOf({ ...item, kind: kind.kind }),
            }))
          : [];
      }),
    );
    return lists.flat().filter((object) => object.name !== 'kube-root-ca.crt');
  } catch {
    return [];
  } finally {
    await clusters.close();
  }
}

function nameOf(object: JsonObject): { readonly namespace: string; readonly name: string } {
  const metadata = object['metadata'] as { readonly namespace?: string; readonly name?: string } | undefined;
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}
