import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';

/** Kinds whose pods tell why they are not healthy: by the name of a kind between them and their pods, where there is one. */
const workloads = new Map<string, 'ReplicaSet' | undefined>([
  ['apps/Deployment', 'ReplicaSet'],
  ['apps/ReplicaSet', undefined],
  ['apps/StatefulSet', undefined],
  ['apps/DaemonSet', undefined],
  ['batch/Job', undefined],
]);

/** How a workload's pods are found; undefined for kinds that have none. */
export function podsOf(kind: {
  readonly group: string;
  readonly kind: string;
}): { readonly through: 'ReplicaSet' | undefined } | undefined {
  const key = `${kind.group}/${kind.kind}`;
  return workloads.has(key) ? { through: workloads.get(key) } : undefined;
}

/** The label selector of a workload as a query; undefined when labels alone do not say it. */
export function labelSelectorOf(workload: JsonObject): string | undefined {
  const labels = Object.entries(map(map(map(workload['spec'])['selector'])['matchLabels']));
  return labels.length === 0 ? undefined : labels.map(([name, value]) => `${name}=${String(value)}`).join(',');
}

/** Those that one of these owns as their controller. */
export function ownedBy(objects: readonly JsonObject[], uids: ReadonlySet<string>): readonly JsonObject[] {
  return objects.filter((object) =>
    list(map(object['metadata'])['ownerReferences']).some(
      (owner) => owner['controller'] === true && uids.has(String(owner['uid'])),
    ),
  );
}

/** The newest of them; undefined for none. */
export function newest(objects: readonly JsonObject[]): JsonObject | undefined {
  const created = (object: JsonObject) => String(map(object['metadata'])['creationTimestamp'] ?? '');
  return objects.reduce<JsonObject | undefined>(
    (latest, object) => (latest === undefined || created(object) > created(latest) ? object : latest),
    undefined,
  );
}

/** The pod that says most about what is wrong: the worst off, and among equals the newest; undefined when none of them is in trouble. */
export function worstPod(pods: readonly JsonObject[]): JsonObject | undefined {
  const troubled = pods.map((pod) => ({ pod, trouble: troubleOf(pod) })).filter(({ trouble }) => trouble > 0);
  const worst = Math.max(...troubled.map(({ trouble }) => trouble));
  return newest(troubled.filter(({ trouble }) => trouble === worst).map(({ pod }) => pod));
}

export interface FailingContainer {
  readonly name: string;
  /** `waiting, ImagePullBackOff: Back-off pulling image`, for people; quotes the API. */
  readonly state: string;
  /** Whose log tells the reason; undefined: it has never run. */
  readonly log: 'current' | 'previous' | undefined;
}

/** The container that keeps a pod from being ready; undefined when none does (the pod waits for a node, say). */
export function failingContainer(pod: JsonObject): FailingContainer | undefined {
  const status = map(pod['status']);
  const containers = [...list(status['initContainerStatuses']), ...list(status['containerStatuses'])];
  const [worst] = containers
    .filter((container) => containerTrouble(container) > 0)
    .sort((left, right) => containerTrouble(right) - containerTrouble(left));
  if (worst === undefined) return undefined;
  return { name: text(worst['name']) ?? '?', state: stateText(worst), log: logOf(worst) };
}

/** Why a pod as a whole does not run, where it is no container's fault: `Pending: 0/2 nodes are available`. */
export function podState(pod: JsonObject): string {
  const status = map(pod['status']);
  const scheduled = list(status['conditions']).find((condition) => condition['type'] === 'PodScheduled');
  const said =
    text(status['message']) ??
    text(status['reason']) ??
    (scheduled?.['status'] === 'False' ? text(scheduled['message']) : undefined);
  const phase = text(status['phase']) ?? 'unknown';
  return said === undefined ? phase : `${phase}: ${said}`;
}

function troubleOf(pod: JsonObject): number {
  const status = map(pod['status']);
  if (map(pod['metadata'])['deletionTimestamp'] !== undefined) return 0;
  const containers = [...list(status['initContainerStatuses']), ...list(status['containerStatuses'])];
  const worst = Math.max(0, ...containers.map(containerTrouble));
  if (status['phase'] === 'Failed') return 5;
  if (worst > 0) return worst;
  return status['phase'] === 'Pending' ? 1 : 0;
}

/** 4 crashed, 3 cannot start, 2 runs and is not ready, 1 waits its turn, 0 fine. */
function containerTrouble(container: JsonObject): number {
  const state = map(container['state']);
  const terminated = map(state['terminated']);
  if (state['terminated'] !== undefined) return terminated['exitCode'] === 0 ? 0 : 4;
  const waiting = text(map(state['waiting'])['reason']);
  if (waiting === 'CrashLoopBackOff') return 4;
  if (waiting !== undefined && waiting !== 'ContainerCreating' && waiting !== 'PodInitializing') return 3;
  if (waiting !== undefined) return 1;
  // An init container that runs is not ready before it has ended.
  return container['ready'] === true ? 0 : 2;
}

function stateText(container: JsonObject): string {
  const state = map(container['state']);
  const restarts = typeof container['restartCount'] === 'number' ? container['restartCount'] : 0;
  const restarted = restarts > 0 ? ` (restarted ${restarts === 1 ? 'once' : `${restarts} times`})` : '';
  const last = map(map(container['lastState'])['terminated']);
  const ended = last['exitCode'] === undefined ? '' : `; its last run ended with status ${String(last['exitCode'])}`;
  const [kind, of] = Object.entries(state).find(([, value]) => isJsonObject(value)) ?? ['waiting', {}];
  const detail = map(of);
  if (kind === 'running') return `running, not ready${restarted}${ended}`;
  const code = detail['exitCode'] === undefined ? undefined : `status ${String(detail['exitCode'])}`;
  const named = [kind, text(detail['reason']), code].filter((part) => part !== undefined).join(', ');
  const message = text(detail['message']);
  return `${named}${message === undefined ? '' : `: ${message}`}${restarted}${ended}`;
}

function logOf(container: JsonObject): FailingContainer['log'] {
  const state = map(container['state']);
  if (state['running'] !== undefined || state['terminated'] !== undefined) return 'current';
  return map(container['lastState'])['terminated'] === undefined ? undefined : 'previous';
}

function list(value: Json | undefined): readonly JsonObject[] {
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}

function map(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
