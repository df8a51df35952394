import type { ObjectIdentity } from '../manifest/rendered-object.ts';

/** Phases of an apply: what others need comes first. A custom resource needs its definition, an object its namespace, a pod its rights. */
const applyPhases = ['definitions', 'namespaces', 'cluster-scoped and rights', 'the rest'] as const;
type ApplyPhase = (typeof applyPhases)[number];

/** One object of an apply, with what decides when it is written. */
export interface OrderedObject {
  readonly object: ObjectIdentity;
  /** Of its annotation `planwright.dev/wave`; orders the objects of the last phase. */
  readonly wave: number;
  /** Nothing served its kind when it was planned, and nothing in the change defines it. */
  readonly unserved: boolean;
}

/**
 * Groups objects for writing: each stage is written in its order and healthy before the next one begins. First the phases, the last of them in waves;
 * at the end what waits for its kind to appear.
 */
export function applyStages<Item extends OrderedObject>(items: readonly Item[]): readonly (readonly Item[])[] {
  const sorted = [...items].sort((left, right) => compareForApply(left.object, right.object));
  const served = sorted.filter(({ unserved }) => !unserved);
  const inPhase = (phase: ApplyPhase) => served.filter(({ object }) => applyPhase(object) === phase);
  const rest = inPhase('the rest');
  const waves = [...new Set(rest.map(({ wave }) => wave))].sort((left, right) => left - right);
  const stages = [
    inPhase('definitions'),
    inPhase('namespaces'),
    inPhase('cluster-scoped and rights'),
    ...waves.map((wave) => rest.filter((item) => item.wave === wave)),
    sorted.filter(({ unserved }) => unserved),
  ];
  return stages.filter((stage) => stage.length > 0);
}

/**
 * Groups objects for deleting: each stage is gone before the next one begins. Custom resources go first, while the controllers that take their finalizers
 * off still run; then what refers before what is referred to; definitions last, for they would take with them whatever is left.
 */
export function deleteStages<Item extends { readonly object: ObjectIdentity }>(
  items: readonly Item[],
): readonly (readonly Item[])[] {
  const sorted = [...items].sort((left, right) => compareForApply(right.object, left.object));
  const custom = sorted.filter(({ object }) => isCustom(object));
  const builtIn = sorted.filter(({ object }) => !isCustom(object));
  const stages = applyPhases.toReversed().map((phase) => builtIn.filter(({ object }) => applyPhase(object) === phase));
  return [custom, ...stages].filter((stage) => stage.length > 0);
}

function applyPhase(object: ObjectIdentity): ApplyPhase {
  if (object.group === 'apiextensions.k8s.io' && object.kind === 'CustomResourceDefinition') return 'definitions';
  if (object.group === '' && object.kind === 'Namespace') return 'namespaces';
  // Its webhooks may be served by a workload of the same change.
  if (isCustom(object) || callsService.has(`${object.group}/${object.kind}`)) return 'the rest';
  if (
    object.namespace === undefined ||
    object.group === 'rbac.authorization.k8s.io' ||
    (object.group === '' && object.kind === 'ServiceAccount')
  )
    return 'cluster-scoped and rights';
  return 'the rest';
}

/** Groups of the API server itself; kinds of other groups come from CustomResourceDefinitions and aggregated APIs. */
const builtInGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]);

function isCustom(object: ObjectIdentity): boolean {
  return !builtInGroups.has(object.group);
}

/** These make the API server call a service: written before the service runs, they would refuse or fail what comes after them. */
const callsService = new Set([
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'apiregistration.k8s.io/APIService',
]);

/** Within a phase: what is referred to before what refers to it. Kinds that are not listed come after the configuration and before the workloads. */
const rankOfKind = new Map([
  ['/ServiceAccount', 0],
  ['rbac.authorization.k8s.io/ClusterRole', 1],
  ['rbac.authorization.k8s.io/Role', 1],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', 2],
  ['rbac.authorization.k8s.io/RoleBinding', 2],
  ['/ResourceQuota', 3],
  ['/LimitRange', 3],
  ['networking.k8s.io/NetworkPolicy', 3],
  ['/ConfigMap', 4],
  ['/Secret', 4],
  ['/PersistentVolume', 5],
  ['/PersistentVolumeClaim', 6],
  ['/Service', 7],
  ['/Pod', 20],
  ['apps/Deployment', 20],
  ['apps/StatefulSet', 20],
  ['apps/DaemonSet', 20],
  ['apps/ReplicaSet', 20],
  ['batch/Job', 20],
  ['batch/CronJob', 20],
  ['autoscaling/HorizontalPodAutoscaler', 21],
  ['policy/PodDisruptionBudget', 21],
  ['networking.k8s.io/Ingress', 22],
  ['apiregistration.k8s.io/APIService', 29],
  ['admissionregistration.k8s.io/ValidatingWebhookConfiguration', 30],
  ['admissionregistration.k8s.io/MutatingWebhookConfiguration', 30],
]);

function compareForApply(left: ObjectIdentity, right: ObjectIdentity): number {
  const phases = applyPhases.indexOf(applyPhase(left)) - applyPhases.indexOf(applyPhase(right));
  if (phases !== 0) return phases;
  const ranks = rank(left) - rank(right);
  if (ranks !== 0) return ranks;
  const [first, second] = [sortKey(left), sortKey(right)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function rank(object: ObjectIdentity): number {
  return rankOfKind.get(`${object.group}/${object.kind}`) ?? 10;
}

function sortKey(object: ObjectIdentity): string {
  return `${object.namespace ?? ''}/${object.group}/${object.kind}/${object.name}`;
}
