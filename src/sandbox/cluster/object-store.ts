import type { Kind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceOf, withMetadata } from './kubernetes-object.ts';

/** One change of one object. `before` is what it was; absent when it was added. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly kind: Kind;
  readonly object: KubernetesObject;
  readonly before: KubernetesObject | undefined;
}

/** What the cluster holds, at every moment one revision. Objects are values: a change puts another in their place. */
export interface ObjectStore {
  revision(): number;
  get(kind: Kind, namespace: string, name: string): KubernetesObject | undefined;
  /** In the order of namespaces and names; an empty namespace means all. */
  list(kind: Kind, namespace: string): readonly KubernetesObject[];
  /** Stores the object under a new resourceVersion and returns it with that. */
  put(kind: Kind, object: KubernetesObject): KubernetesObject;
  /** Returns the object as it was last seen, with the resourceVersion of its end. */
  remove(kind: Kind, object: KubernetesObject): KubernetesObject;
  /** What happened after a revision; undefined when that is too long ago to be known. */
  eventsSince(revision: number): readonly StoreEvent[] | undefined;
  /** The oldest revision that `eventsSince` answers for. */
  oldestRevision(): number;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
}

const keptEvents = 1000;

export function createObjectStore(): ObjectStore {
  const tables = new Map<string, Map<string, KubernetesObject>>();
  const listeners = new Set<(event: StoreEvent) => void>();
  const events: StoreEvent[] = [];
  let revision = 0;
  let oldest = 0;

  const tableOf = (kind: Kind): Map<string, KubernetesObject> => {
    const table = tables.get(kind.resource) ?? new Map<string, KubernetesObject>();
    tables.set(kind.resource, table);
    return table;
  };
  const keyOf = (namespace: string, name: string): string => `${namespace}\0${name}`;

  function publish(type: StoreEvent['type'], kind: Kind, object: KubernetesObject, before?: KubernetesObject): void {
    const event: StoreEvent = { type, revision, kind, object, before };
    events.push(event);
    if (events.length > keptEvents) oldest = events.shift()?.revision ?? oldest;
    for (const listener of [...listeners]) listener(event);
  }

  return {
    revision: () => revision,
    get: (kind, namespace, name) => tableOf(kind).get(keyOf(namespace, name)),
    list: (kind, namespace) =>
      [...tableOf(kind)]
        .filter(([, object]) => namespace === '' || namespaceOf(object) === namespace)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([, object]) => object),
    put(kind, object) {
      revision += 1;
      const stored = withMetadata(object, { resourceVersion: String(revision) });
      const key = keyOf(namespaceOf(object), object.metadata.name);
      const before = tableOf(kind).get(key);
      tableOf(kind).set(key, stored);
      publish(before === undefined ? 'ADDED' : 'MODIFIED', kind, stored, before);
      return stored;
    },
    remove(kind, object) {
      revision += 1;
      const last = withMetadata(object, { resourceVersion: String(revision) });
      tableOf(kind).delete(keyOf(namespaceOf(object), object.metadata.name));
      publish('DELETED', kind, last, object);
      return last;
    },
    eventsSince: (since) => (since < oldest ? undefined : events.filter((event) => event.revision > since)),
    oldestRevision: () => oldest,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
