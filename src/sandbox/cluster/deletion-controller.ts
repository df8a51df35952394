import { listOf, mapOf, without } from './json.ts';
import type { Kind } from './kinds.ts';
import { kinds, namespaceKind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceOf, withMetadata } from './kubernetes-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { Timers } from './timers.ts';

const collectAfterMs = 20;
/** Long enough for a client to meet a Namespace that terminates; real ones take some seconds. */
const emptyNamespaceAfterMs = 250;
const ownFinalizers = ['foregroundDeletion', 'orphan'];

/** Ends what is being deleted: takes the garbage collector's finalizers off, and empties namespaces that terminate. */
export function startDeletionController(store: ObjectStore, timers: Timers): void {
  store.subscribe(({ type, kind, object }) => {
    if (type === 'DELETED') {
      const home = store.get(namespaceKind, '', namespaceOf(object));
      if (home !== undefined && isTerminating(home))
        timers.after(collectAfterMs, () => emptyNamespace(store, home.metadata.name));
      return;
    }
    if (kind === namespaceKind) {
      if (isTerminating(object)) timers.after(emptyNamespaceAfterMs, () => emptyNamespace(store, object.metadata.name));
      return;
    }
    const isOurs = listOf(object.metadata.finalizers).some((finalizer) => ownFinalizers.includes(String(finalizer)));
    if (object.metadata.deletionTimestamp !== undefined && isOurs) {
      timers.after(collectAfterMs, () => collect(store, kind, object));
    }
  });
}

const isTerminating = (namespace: KubernetesObject): boolean => mapOf(namespace.status).phase === 'Terminating';

function collect(store: ObjectStore, kind: Kind, ended: KubernetesObject): void {
  const object = store.get(kind, namespaceOf(ended), ended.metadata.name);
  if (object === undefined || object.metadata.uid !== ended.metadata.uid) return;
  const finalizers = listOf(object.metadata.finalizers).filter(
    (finalizer) => !ownFinalizers.includes(String(finalizer)),
  );
  if (finalizers.length === 0) store.remove(kind, object);
  else if (finalizers.length < listOf(object.metadata.finalizers).length) {
    store.put(kind, withMetadata(object, { finalizers }));
  }
}

function emptyNamespace(store: ObjectStore, name: string): void {
  const namespace = store.get(namespaceKind, '', name);
  if (namespace === undefined || !isTerminating(namespace)) return;
  const contents = kinds.filter((kind) => kind.isNamespaced).map((kind) => ({ kind, objects: store.list(kind, name) }));
  for (const { kind, objects } of contents) {
    for (const object of objects) {
      if (listOf(object.metadata.finalizers).length === 0) store.remove(kind, object);
      else if (object.metadata.deletionTimestamp === undefined) {
        const { deletionTimestamp = '' } = namespace.metadata;
        store.put(kind, withMetadata(object, { deletionTimestamp, deletionGracePeriodSeconds: 0 }));
      }
    }
  }
  const isEmpty = contents.every(({ kind }) => store.list(kind, name).length === 0);
  if (isEmpty && store.get(namespaceKind, '', name) !== undefined) {
    store.remove(namespaceKind, { ...namespace, spec: without(mapOf(namespace.spec), 'finalizers') });
  }
}
