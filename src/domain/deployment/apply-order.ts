import type { ObjectIdentity } from '../manifest/rendered-object.ts';

/**
 * Phases of an apply. What others need comes first, and each phase is healthy before the next begins: a custom resource needs its definition,
 * an object its namespace, a pod its rights and its configuration.
 */
export const applyPhases = ['definitions', 'namespaces', 'cluster-scoped and rights', 'the rest'] as const;
export type ApplyPhase = (typeof applyPhases)[number];

export function applyPhase(object: ObjectIdentity): ApplyPhase {
  if (object.group === 'apiextensions.k8s.io' && object.kind === 'CustomResourceDefinition') return 'definitions';
  if (object.group === '' && object.kind === 'Namespace') return 'namespaces';
  if (callsService.has(`${object.group}/${object.kind}`)) return 'the rest';
  if (
    object.namespace === undefined ||
    object.group === 'rbac.authorization.k8s.io' ||
    (object.group === '' && object.kind === 'ServiceAccount')
  )
    return 'cluster-scoped and rights';
  return 'the rest';
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

/** Orders objects for writing; deleting goes the other way round. */
export function compareForApply(left: ObjectIdentity, right: ObjectIdentity): number {
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
