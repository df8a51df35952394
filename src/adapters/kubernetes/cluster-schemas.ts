import { apiVersionOf } from '../../domain/plan/place-objects.ts';
import type { KnownSchemas } from '../../domain/schema/known-schemas.ts';
import { loadClusters } from './load-clusters.ts';

/** Everything that a cluster says of its kinds, read once; the connection ends with `use`. Rejects when there is no such context, or the API does not answer. */
export async function clusterSchemas<Result>(
  { kubeconfig, context }: { readonly kubeconfig: string; readonly context: string },
  use: (known: KnownSchemas) => Promise<Result>,
): Promise<Result> {
  const clusters = loadClusters({ kubeconfig, log: { debug: () => undefined, warn: () => undefined } });
  try {
    const cluster = clusters.find(context);
    if (cluster === undefined)
      throw new Error(`KUBECONFIG has no context ${context}; it has ${clusters.names.join(', ') || 'none'}`);
    const kinds = await cluster.kinds();
    const schemas = await cluster.schemas(kinds.kinds.map(apiVersionOf));
    return await use({ source: `the cluster ${context}`, kinds, schemas });
  } finally {
    await clusters.close();
  }
}
