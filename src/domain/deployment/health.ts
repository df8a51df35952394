import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { groupOf } from '../manifest/rendered-object.ts';
import { textMask } from '../plan/mask-text.ts';

/** Whether an object does what it is there for. `failed` ends the waiting. */
export type Health =
  | { readonly kind: 'healthy' }
  | { readonly kind: 'progressing'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const healthy: Health = { kind: 'healthy' };

/**
 * Judges a live object by the rules of kstatus: what it observed of its own generation, its standard conditions, and the built-in rules of the kinds that
 * have no conditions of their own. Two gaps are closed: a failed Pod is failed, and a LoadBalancer without an address is in progress.
 * A reason holds none of the object's secrets: conditions quote what controllers and webhooks said.
 *
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function healthOf(object: JsonObject): Health {
  const health = statusOf(object);
  return health.kind === 'healthy' ? health : { ...health, reason: textMask([object])(health.reason) };
}

function statusOf(object: JsonObject): Health {
  const metadata = map(object['metadata']);
  const status = map(object['status']);
  if (metadata['deletionTimestamp'] !== undefined) return progressing('it is being deleted');
  const observed = number(status['observedGeneration']);
  const generation = number(metadata['generation']);
  if (observed !== undefined && generation !== undefined && observed < generation)
    return progressing('its controller has not seen the change yet');
  const stalled = condition(status, 'Stalled');
  if (stalled?.status === 'True') return { kind: 'failed', reason: said(stalled, 'it is stalled') };
  const reconciling = condition(status, 'Reconciling');
  if (reconciling?.status === 'True') return progressing(said(reconciling, 'it is reconciling'));
  const rule = rules.get(`${groupOf(String(object['apiVersion'] ?? ''))}/${String(object['kind'] ?? '')}`);
  return rule === undefined ? byConditions(status, generation) : rule({ spec: map(object['spec']), status });
}

/** As `healthOf`, for what comes before something else: a Job has done its work when it has ended. */
export function completionOf(object: JsonObject): Health {
  const health = healthOf(object);
  const isJob = object['kind'] === 'Job' && groupOf(String(object['apiVersion'] ?? '')) === 'batch';
  if (health.kind !== 'healthy' || !isJob || map(object['spec'])['suspend'] === true) return health;
  return condition(map(object['status']), 'Complete')?.status === 'True'
    ? healthy
    : progressing('it runs, and what comes after it waits for its end');
}

/** Whether the object with this UID is gone, and what keeps it; undefined or another UID: it is. */
export function deletionOf(object: JsonObject | undefined, uid: string): Health {
  const metadata = map(object?.['metadata']);
  if (object === undefined || metadata['uid'] !== uid) return healthy;
  const finalizers = isJsonArray(metadata['finalizers']) ? metadata['finalizers'].map(String) : [];
  const others = finalizers.filter((finalizer) => finalizer !== 'foregroundDeletion');
  if (others.length > 0) return progressing(`it is being deleted, and its finalizers keep it: ${others.join(', ')}`);
  return progressing(
    finalizers.length > 0 ? 'what depends on it is still being deleted' : 'it is being deleted and has not ended yet',
  );
}

/** Kubernetes itself puts these on what is in use; the deletion ends with the use, which nobody has promised. */
const protections = new Set(['kubernetes.io/pv-protection', 'kubernetes.io/pvc-protection']);

/** As `deletionOf`, for an object that nothing has to take the place of: what only its users keep is as good as gone. */
export function pruningOf(object: JsonObject | undefined, uid: string): Health {
  const deletion = deletionOf(object, uid);
  const { deletionTimestamp, finalizers } = map(object?.['metadata']);
  if (deletion.kind === 'healthy' || deletionTimestamp === undefined || !isJsonArray(finalizers)) return deletion;
  return finalizers.length > 0 && finalizers.every((finalizer) => protections.has(String(finalizer)))
    ? healthy
    : deletion;
}

interface Parts {
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

const rules: ReadonlyMap<string, (parts: Parts) => Health> = new Map([
  ['apps/Deployment', deployment],
  ['apps/StatefulSet', statefulSet],
  ['apps/DaemonSet', daemonSet],
  ['apps/ReplicaSet', replicaSet],
  ['batch/Job', job],
  ['/Pod', pod],
  ['/PersistentVolumeClaim', claim],
  ['/Service', service],
  ['/Namespace', namespace],
  ['apiextensions.k8s.io/CustomResourceDefinition', definition],
]);

function deployment({ spec, status }: Parts): Health {
  const wanted = number(spec['replicas']) ?? 1;
  const progress = condition(status, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded')
    return { kind: 'failed', reason: said(progress, 'it made no progress within its deadline') };
  if (status['observedGeneration'] === undefined) return progressing('its controller has not seen it yet');
  const counts = countsOf(status);
  if (counts.updated < wanted) return progressing(`${counts.updated} of ${wanted} replicas are updated`);
  if (counts.replicas > counts.updated)
    return progressing(`${counts.replicas - counts.updated} old replicas are still there`);
  if (counts.available < counts.updated)
    return progressing(`${counts.available} of ${counts.updated} replicas are available`);
  if (counts.ready < wanted) return progressing(`${counts.ready} of ${wanted} replicas are ready`);
  const available = condition(status, 'Available');
  return wanted === 0 || available === undefined || available.status === 'True'
    ? healthy
    : progressing(said(available, 'it is not available'));
}

function statefulSet({ spec, status }: Parts): Health {
  if (map(spec['updateStrategy'])['type'] === 'OnDelete') return healthy;
  const wanted = number(spec['replicas']) ?? 1;
  if (status['observedGeneration'] === undefined) return progressing('its controller has not seen it yet');
  const counts = countsOf(status);
  if (counts.replicas < wanted) return progressing(`${counts.replicas} of ${wanted} replicas exist`);
  if (counts.ready < wanted) return progressing(`${counts.ready} of ${wanted} replicas are ready`);
  if (counts.replicas > wanted) return progressing(`${counts.replicas - wanted} replicas are to go`);
  const partition = number(map(map(spec['updateStrategy'])['rollingUpdate'])['partition']) ?? 0;
  if (partition > 0)
    return counts.updated < wanted - partition
      ? progressing(`${counts.updated} of ${wanted - partition} replicas are updated`)
      : healthy;
  if (counts.current < wanted) return progressing(`${counts.current} of ${wanted} replicas are current`);
  return status['currentRevision'] === status['updateRevision']
    ? healthy
    : progressing('its new revision is rolling out');
}

function daemonSet({ spec, status }: Parts): Health {
  if (status['observedGeneration'] === undefined) return progressing('its controller has not seen it yet');
  const wanted = number(status['desiredNumberScheduled']);
  if (wanted === undefined) return progressing('nobody has counted its nodes yet');
  const updated = number(status['updatedNumberScheduled']) ?? 0;
  const available = number(status['numberAvailable']) ?? 0;
  const ready = number(status['numberReady']) ?? 0;
  // With OnDelete a pod is renewed when somebody deletes it, which no rollout waits for.
  const renews = map(spec['updateStrategy'])['type'] !== 'OnDelete';
  if (renews && updated < wanted) return progressing(`${updated} of ${wanted} pods are updated`);
  if (available < wanted) return progressing(`${available} of ${wanted} pods are available`);
  return ready < wanted ? progressing(`${ready} of ${wanted} pods are ready`) : healthy;
}

function replicaSet({ spec, status }: Parts): Health {
  const wanted = number(spec['replicas']) ?? 1;
  const failure = condition(status, 'ReplicaFailure');
  if (failure?.status === 'True') return progressing(said(failure, 'it cannot create its pods'));
  const counts = countsOf(status);
  if (counts.available < wanted) return progressing(`${counts.available} of ${wanted} replicas are available`);
  return counts.replicas > wanted ? progressing(`${counts.replicas - wanted} replicas are to go`) : healthy;
}

/** A Job that runs is as it should be: waiting for its end is the author's choice, not the deployment's. */
function job({ spec, status }: Parts): Health {
  const failure = condition(status, 'Failed');
  if (failure?.status === 'True') return { kind: 'failed', reason: said(failure, 'it failed') };
  if (condition(status, 'Complete')?.status === 'True' || status['startTime'] !== undefined || spec['suspend'] === true)
    return healthy;
  return progressing('it has not started');
}

function pod({ status }: Parts): Health {
  switch (status['phase']) {
    case 'Succeeded':
      return healthy;
    case 'Failed':
      return { kind: 'failed', reason: text(status['message']) ?? text(status['reason']) ?? 'it failed' };
    case 'Running': {
      const ready = condition(status, 'Ready');
      if (ready?.status === 'True') return healthy;
      const crashing = crashLoops(status);
      if (crashing.length > 0)
        return { kind: 'failed', reason: `its container ${crashing.join(', ')} crashes again and again` };
      return progressing(said(ready, 'it is not ready'));
    }
    default: {
      const scheduled = condition(status, 'PodScheduled');
      return progressing(scheduled?.status === 'False' ? said(scheduled, 'it cannot be scheduled') : 'it is pending');
    }
  }
}

function crashLoops(status: JsonObject): readonly string[] {
  const containers = status['containerStatuses'];
  if (!isJsonArray(containers)) return [];
  const waits = (container: JsonObject) => map(map(container['state'])['waiting'])['reason'];
  return containers
    .filter(isJsonObject)
    .flatMap((container) => (waits(container) === 'CrashLoopBackOff' ? [text(container['name']) ?? '?'] : []));
}

function claim({ status }: Parts): Health {
  if (status['phase'] === 'Lost') return { kind: 'failed', reason: 'its volume is lost' };
  return status['phase'] === 'Bound' ? healthy : progressing('it is not bound to a volume');
}

function service({ spec, status }: Parts): Health {
  if (spec['type'] !== 'LoadBalancer') return healthy;
  const addresses = map(status['loadBalancer'])['ingress'];
  const hasAddress =
    isJsonArray(addresses) &&
    addresses
      .filter(isJsonObject)
      .some((entry) => text(entry['ip']) !== undefined || text(entry['hostname']) !== undefined);
  return hasAddress ? healthy : progressing('its load balancer has no address');
}

function namespace({ status }: Parts): Health {
  return status['phase'] === 'Active' ? healthy : progressing('it is not active');
}

function definition({ status }: Parts): Health {
  const refused = condition(status, 'NamesAccepted');
  if (refused?.status === 'False') return { kind: 'failed', reason: said(refused, 'its names are taken') };
  const established = condition(status, 'Established');
  return established?.status === 'True' ? healthy : progressing(said(established, 'it is not established'));
}

/** Kinds of others: `Ready` and `Available` say it where they exist; an object without conditions is there, and that is all that can be asked of it. */
function byConditions(status: JsonObject, generation: number | undefined): Health {
  for (const type of ['Ready', 'Available']) {
    const found = condition(status, type);
    if (found?.observedGeneration !== undefined && generation !== undefined && found.observedGeneration < generation)
      return progressing('its controller has not seen the change yet');
    if (found !== undefined && found.status !== 'True')
      return progressing(said(found, `it is not ${type.toLowerCase()}`));
  }
  return healthy;
}

interface Condition {
  readonly status: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly observedGeneration: number | undefined;
}

function condition(status: JsonObject, type: string): Condition | undefined {
  const conditions = status['conditions'];
  if (!isJsonArray(conditions)) return undefined;
  const found = conditions.filter(isJsonObject).find((entry) => entry['type'] === type);
  return found === undefined
    ? undefined
    : {
        status: text(found['status']) ?? 'Unknown',
        reason: text(found['reason']),
        message: text(found['message']),
        observedGeneration: number(found['observedGeneration']),
      };
}

function said(of: Condition | undefined, otherwise: string): string {
  return of?.message ?? of?.reason ?? otherwise;
}

function progressing(reason: string): Health {
  return { kind: 'progressing', reason };
}

function countsOf(status: JsonObject) {
  const count = (name: string) => number(status[name]) ?? 0;
  return {
    replicas: count('replicas'),
    updated: count('updatedReplicas'),
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
    current: count('currentReplicas'),
  };
}

function map(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
