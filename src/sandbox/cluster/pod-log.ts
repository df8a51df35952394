import { badRequest, notFound } from './api-error.ts';
import type { JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import { kinds, podKind } from './kinds.ts';
import { parseCount } from './media-type.ts';
import type { ObjectStore } from './object-store.ts';

export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
}

/** The log of a pod's container: what it says of its environment, as careless programs do. Throws the answer when there is none. */
export function podLog(store: ObjectStore, { namespace, pod }: PodPlace, query: URLSearchParams): string {
  const found = store.get(podKind, namespace, pod);
  if (found === undefined) throw notFound(podKind, pod);
  const containers = listOf(mapOf(found.spec).containers).map(mapOf);
  const wanted = query.get('container') ?? textOf(containers[0]?.name);
  const container = containers.find(({ name }) => name === wanted);
  if (container === undefined) throw badRequest(`container ${wanted} is not valid for pod ${pod}`);
  const status = listOf(mapOf(found.status).containerStatuses)
    .map(mapOf)
    .find(({ name }) => name === wanted);
  if (mapOf(mapOf(status?.state).waiting).reason === 'ImagePullBackOff') {
    const why = 'trying and failing to pull image';
    throw badRequest(`container ${JSON.stringify(wanted)} in pod ${JSON.stringify(pod)} is waiting to start: ${why}`);
  }
  const lines = [
    'starting',
    ...environment(store, namespace, container),
    'error: simulated log of a simulated container',
  ];
  const text = lines.slice(-(parseCount(query, 'tailLines') ?? lines.length)).map((line) => `${line}\n`);
  return text.join('').slice(0, parseCount(query, 'limitBytes') ?? Number.MAX_SAFE_INTEGER);
}

function environment(store: ObjectStore, namespace: string, container: JsonMap): readonly string[] {
  const secrets = kinds.find(({ kind }) => kind === 'Secret');
  return listOf(container.env).map((entry) => {
    const { name, value, valueFrom } = mapOf(entry);
    const reference = mapOf(mapOf(valueFrom).secretKeyRef);
    const secret = secrets && store.get(secrets, namespace, textOf(reference.name));
    const encoded = textOf(mapOf(secret?.data)[textOf(reference.key)]);
    return `connecting with ${textOf(name)} as ${textOf(value) || Buffer.from(encoded, 'base64').toString()}`;
  });
}
