import { isDeepStrictEqual } from 'node:util';
import type { Progress } from './deployment-status.ts';
import { deploymentStatus, neverBecomesReady } from './deployment-status.ts';
import { recordUpdate } from './field-ownership.ts';
import { mapOf, without } from './json.ts';
import { deploymentKind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceOf, withMetadata } from './kubernetes-object.ts';
import { readManagers, writeManagers } from './managed-fields.ts';
import type { ObjectStore, StoreEvent } from './object-store.ts';
import { rootTypeOf } from './schema.ts';
import type { Timers } from './timers.ts';

const noticeAfterMs = 5;
const revisionAnnotation = 'deployment.kubernetes.io/revision';

export interface DeploymentControllerParts {
  readonly store: ObjectStore;
  readonly timers: Timers;
  /** Between a change of a Deployment and the readiness of its pods. */
  readonly readyDelayMs: number;
  now(): Date;
}

/** Plays the controllers and nodes: Deployments become ready, or run into their progress deadline. */
export function startDeploymentController({ store, timers, readyDelayMs, now }: DeploymentControllerParts): void {
  const revisions = new Map<string, number>();
  const rolledOut = new Map<string, KubernetesObject>();

  store.subscribe((event) => {
    if (event.kind === deploymentKind && needsAttention(event)) timers.after(noticeAfterMs, () => begin(event.object));
    if (event.kind === deploymentKind && event.type === 'DELETED') forget(event.object.metadata.uid);
  });

  function forget(uid: string): void {
    rolledOut.delete(uid);
    revisions.delete(uid);
  }

  function begin(changed: KubernetesObject): void {
    const deployment = current(changed);
    if (deployment === undefined) return;
    const previous = rolledOut.get(deployment.metadata.uid);
    const isNewTemplate = previous === undefined || !isDeepStrictEqual(templateOf(previous), templateOf(deployment));
    const isRescaled = mapOf(previous?.spec).replicas !== mapOf(deployment.spec).replicas;
    rolledOut.set(deployment.metadata.uid, deployment);
    if (!isNewTemplate && !isRescaled && !neverBecomesReady(deployment)) {
      write(deployment, 'complete', false);
      return;
    }
    write(deployment, 'started', isNewTemplate);
    const { progressDeadlineSeconds = 600 } = mapOf(deployment.spec);
    const isFailing = neverBecomesReady(deployment);
    const delayMs = isFailing ? Number(progressDeadlineSeconds) * 1000 : readyDelayMs;
    timers.after(delayMs, () => {
      const still = current(changed);
      if (still !== undefined) write(still, isFailing ? 'timed-out' : 'complete', isNewTemplate);
    });
  }

  /** The stored object, if it is the one that changed and has not changed again since. */
  function current(changed: KubernetesObject): KubernetesObject | undefined {
    const live = store.get(deploymentKind, namespaceOf(changed), changed.metadata.name);
    const isSame =
      live?.metadata.uid === changed.metadata.uid && live.metadata.generation === changed.metadata.generation;
    return isSame ? live : undefined;
  }

  function write(deployment: KubernetesObject, progress: Progress, isNewTemplate: boolean): void {
    const time = `${now().toISOString().slice(0, 19)}Z`;
    const readyBefore = Number(mapOf(deployment.status).readyReplicas ?? 0);
    const status = deploymentStatus({ deployment, progress, isNewTemplate, readyBefore, now: time });
    const annotations = mapOf(deployment.metadata.annotations);
    const isNextRevision = progress === 'started' && isNewTemplate;
    const revision = (revisions.get(deployment.metadata.uid) ?? 0) + (isNextRevision ? 1 : 0);
    revisions.set(deployment.metadata.uid, revision);
    const changes = { [revisionAnnotation]: String(revision) };
    const updated = { ...withMetadata(deployment, { annotations: { ...annotations, ...changes } }), status };
    const managers = recordUpdate({
      live: { ...deployment, metadata: without(deployment.metadata, 'managedFields') },
      updated: { ...updated, metadata: without(updated.metadata, 'managedFields') },
      managers: readManagers(deployment.metadata.managedFields),
      by: { manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'apps/v1', subresource: 'status' },
      type: rootTypeOf(deploymentKind),
      now: time,
      isCreated: false,
    });
    if (
      isDeepStrictEqual(updated.status, deployment.status) &&
      isDeepStrictEqual(annotations, updated.metadata.annotations)
    )
      return;
    store.put(deploymentKind, withMetadata(updated, { managedFields: writeManagers(managers) }));
  }
}

const templateOf = (deployment: KubernetesObject): unknown => mapOf(deployment.spec).template;

const needsAttention = ({ type, object, before }: StoreEvent): boolean =>
  type === 'ADDED' || (type === 'MODIFIED' && object.metadata.generation !== before?.metadata.generation);
