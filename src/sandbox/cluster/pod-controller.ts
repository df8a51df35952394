import { neverBecomesReady, replicaSetOf } from './deployment-status.ts';
import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import { deploymentKind, eventKind, type Kind, podKind, replicaSetKind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { composeObject, namespaceOf } from './kubernetes-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { Timers } from './timers.ts';

const noticeAfterMs = 5;

export interface PodControllerParts {
  readonly store: ObjectStore;
  readonly timers: Timers;
  now(): Date;
  uid(): string;
}

interface Trouble {
  readonly state: JsonMap;
  readonly lastState?: JsonMap;
  readonly restartCount: number;
  readonly phase: 'Pending' | 'Running';
  readonly event: { readonly reason: string; readonly message: string };
}

/** What a node would say of the pods of a Deployment that never becomes ready. */
const troubles: Readonly<Record<string, Trouble>> = {
  'image-pull-failure': {
    phase: 'Pending',
    restartCount: 0,
    state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image: manifest unknown' } },
    event: { reason: 'Failed', message: 'Failed to pull image: manifest unknown' },
  },
  crash: {
    phase: 'Running',
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    event: { reason: 'BackOff', message: 'Back-off restarting failed container' },
  },
  'never-ready': {
    phase: 'Running',
    restartCount: 0,
    state: { running: {} },
    event: { reason: 'Unhealthy', message: 'Readiness probe failed: HTTP probe failed with statuscode: 503' },
  },
};

/** Plays a node for the Deployments that never become ready: one pod each, with an event that says why. Nobody looks at the pods of the others. */
export function startPodController({ store, timers, now, uid }: PodControllerParts): void {
  store.subscribe(({ kind, type, object }) => {
    if (kind !== deploymentKind) return;
    if (type === 'DELETED') removeDependents(object.metadata.uid);
    else timers.after(noticeAfterMs, () => look(object));
  });

  function look(seen: KubernetesObject): void {
    const deployment = store.get(deploymentKind, namespaceOf(seen), seen.metadata.name);
    if (deployment?.metadata.uid !== seen.metadata.uid) return;
    const name = replicaSetOf(deployment);
    const isThere = store.get(replicaSetKind, namespaceOf(deployment), name) !== undefined;
    if (neverBecomesReady(deployment) && isThere) return;
    removeDependents(deployment.metadata.uid);
    if (neverBecomesReady(deployment)) start(deployment, name);
  }

  function start(deployment: KubernetesObject, name: string): void {
    const namespace = namespaceOf(deployment);
    const template = mapOf(mapOf(deployment.spec).template);
    const labels = mapOf(mapOf(template.metadata).labels);
    const trouble = troubles[textOf(labels['planwright.dev/simulate'])] ?? troubles['image-pull-failure'];
    if (trouble === undefined) return;
    const made = (kind: Kind, own: string, metadata: JsonMap, rest: JsonMap): KubernetesObject =>
      store.put(
        kind,
        composeObject(
          kind.apiVersion,
          kind.kind,
          {
            ...metadata,
            name: own,
            namespace,
            uid: uid(),
            creationTimestamp: `${now().toISOString().slice(0, 19)}Z`,
          },
          rest,
        ),
      );
    const replicaSet = made(
      replicaSetKind,
      name,
      { labels, ownerReferences: [ownerOf(deployment)] },
      { spec: { replicas: 1, selector: mapOf(mapOf(deployment.spec).selector), template }, status: { replicas: 1 } },
    );
    const pod = made(
      podKind,
      `${name}-0`,
      { labels, ownerReferences: [ownerOf(replicaSet)] },
      { spec: mapOf(template.spec), status: statusOf(trouble, mapOf(template.spec)) },
    );
    const { reason, message } = trouble.event;
    const time = pod.metadata.creationTimestamp;
    const involvedObject = { kind: 'Pod', apiVersion: 'v1', namespace, name: pod.metadata.name, uid: pod.metadata.uid };
    made(
      eventKind,
      `${pod.metadata.name}.1`,
      {},
      { involvedObject, type: 'Warning', reason, message, count: 1, firstTimestamp: time, lastTimestamp: time },
    );
  }

  function removeDependents(owner: string): void {
    for (const kind of [replicaSetKind, podKind, eventKind])
      for (const object of store.list(kind, '').filter((candidate) => ownersOf(candidate).includes(owner))) {
        store.remove(kind, object);
        removeDependents(object.metadata.uid);
      }
  }
}

/** An event goes with what it is about. */
function ownersOf(object: KubernetesObject): readonly Json[] {
  const owners = listOf(object.metadata.ownerReferences).map((owner) => mapOf(owner).uid ?? '');
  return [...owners, mapOf(object.involvedObject).uid ?? ''];
}

const ownerOf = ({ apiVersion, kind, metadata: { name, uid } }: KubernetesObject): JsonMap => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
});

const statusOf = ({ phase, restartCount, state, lastState }: Trouble, spec: JsonMap): JsonMap => ({
  phase,
  conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
  containerStatuses: listOf(spec.containers)
    .map(mapOf)
    .map(({ name = '', image = '' }) => ({
      name,
      image,
      ready: false,
      restartCount,
      state,
      ...(lastState === undefined ? {} : { lastState }),
    })),
});
