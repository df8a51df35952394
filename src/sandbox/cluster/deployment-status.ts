import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** Where the pods of a rollout stand. */
export type Progress = 'started' | 'complete' | 'timed-out';

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
}

const failing = ['image-pull-failure', 'crash', 'never-ready'];

/** Whether the pods of this template never become ready: told by an image's name or by the label of the simulation. */
export function neverBecomesReady(deployment: KubernetesObject): boolean {
  const template = mapOf(mapOf(deployment.spec).template);
  const simulated = textOf(mapOf(mapOf(template.metadata).labels)['planwright.dev/simulate']);
  const images = listOf(mapOf(template.spec).containers).map((container) => textOf(mapOf(container).image));
  return failing.includes(simulated) || images.some((image) => image.includes('does-not-exist'));
}

/** The name of the ReplicaSet that a real controller would make for this template. */
export function replicaSetOf(deployment: KubernetesObject): string {
  const template = JSON.stringify(mapOf(deployment.spec).template ?? null);
  return `${deployment.metadata.name}-${createHash('sha256').update(template).digest('hex').slice(0, 10)}`;
}

function countsOf(progress: Progress, wanted: number, readyBefore: number, isNewTemplate: boolean): Counts {
  if (progress === 'complete') return { replicas: wanted, updatedReplicas: wanted, readyReplicas: wanted };
  const old = Math.min(readyBefore, wanted);
  const updated = isNewTemplate && old > 0 ? Math.min(1, wanted) : wanted;
  return { replicas: isNewTemplate ? old + updated : wanted, updatedReplicas: updated, readyReplicas: old };
}

const reasons: Readonly<Record<Progress, { status: string; reason: string; says: string }>> = {
  started: { status: 'True', reason: 'ReplicaSetUpdated', says: 'is progressing.' },
  complete: { status: 'True', reason: 'NewReplicaSetAvailable', says: 'has successfully progressed.' },
  'timed-out': { status: 'False', reason: 'ProgressDeadlineExceeded', says: 'has timed out progressing.' },
};

export interface Rollout {
  readonly deployment: KubernetesObject;
  readonly progress: Progress;
  readonly isNewTemplate: boolean;
  readonly readyBefore: number;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** The status that a real controller would write; like there, what is zero is left out. */
export function deploymentStatus({ deployment, progress, isNewTemplate, readyBefore, now }: Rollout): JsonMap {
  const wanted = Number(mapOf(deployment.spec).replicas ?? 1);
  const { replicas, updatedReplicas, readyReplicas } = countsOf(progress, wanted, readyBefore, isNewTemplate);
  const counted = {
    replicas,
    updatedReplicas,
    readyReplicas,
    availableReplicas: readyReplicas,
    unavailableReplicas: replicas - readyReplicas,
  };
  const { status, reason, says } = reasons[progress];
  const message = `ReplicaSet ${JSON.stringify(replicaSetOf(deployment))} ${says}`;
  const before = listOf(mapOf(deployment.status).conditions).map(mapOf);
  const conditions = [
    availability(readyReplicas >= minimumAvailable(deployment, wanted)),
    { type: 'Progressing', status, reason, message },
  ];
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0)),
    terminatingReplicas: 0,
    conditions: conditions.map((condition) => dated(condition, before, now)),
  };
}

const availability = (isAvailable: boolean): JsonMap =>
  isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };

function minimumAvailable(deployment: KubernetesObject, wanted: number): number {
  const { maxUnavailable = '25%' } = mapOf(mapOf(mapOf(deployment.spec).strategy).rollingUpdate);
  const share = textOf(maxUnavailable).endsWith('%') ? (Number.parseInt(String(maxUnavailable), 10) * wanted) / 100 : 0;
  return wanted - (typeof maxUnavailable === 'number' ? maxUnavailable : Math.floor(share));
}

function dated(condition: JsonMap, before: readonly JsonMap[], now: string): Json {
  const { type, status, reason, message } = condition;
  const old = before.find((candidate) => candidate.type === type);
  const isSame =
    old !== undefined && isDeepStrictEqual([old.status, old.reason, old.message], [status, reason, message]);
  if (isSame) return old;
  const lastTransitionTime = old?.status === status ? (old?.lastTransitionTime ?? now) : now;
  return {
    type: type ?? '',
    status: status ?? '',
    lastUpdateTime: now,
    lastTransitionTime,
    reason: reason ?? '',
    message: message ?? '',
  };
}
