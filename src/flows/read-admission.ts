import {
  type MutatingAdmission,
  mutatingKinds,
  readMutatingAdmission,
  unknownAdmission,
} from '../domain/plan/mutating-admission.ts';
import type { KindCatalog, ServedKind } from '../domain/plan/prediction.ts';
import type { ReadOnlyCluster } from './ports/cluster.ts';

/** What the cluster's mutating webhooks and policies could change; when their lists cannot be read, everything. */
export async function readAdmission(cluster: ReadOnlyCluster, catalog: KindCatalog): Promise<MutatingAdmission> {
  const kinds = mutatingKinds.flatMap((name) => {
    const kind = catalog.kinds.find(
      (served) => served.group === 'admissionregistration.k8s.io' && served.kind === name,
    );
    return kind === undefined ? [] : [kind];
  });
  const lists = await Promise.all(kinds.map((kind: ServedKind) => cluster.list(kind, {})));
  const configurations = lists.map((answer) => (answer.kind === 'listed' ? answer.items : undefined));
  return configurations.includes(undefined)
    ? unknownAdmission
    : readMutatingAdmission(configurations.flatMap((items) => items ?? []));
}
