import { ApiError, expired } from './api-error.ts';
import type { JsonMap } from './json.ts';
import type { Kind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceOf } from './kubernetes-object.ts';
import type { AnswerForm } from './media-type.ts';
import { parseCount } from './media-type.ts';
import { objectAnswer } from './object-form.ts';
import { parseSelection } from './object-selection.ts';
import type { ObjectStore, StoreEvent } from './object-store.ts';

export interface WatchRequest {
  readonly of: Kind;
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly form: AnswerForm;
}

/** Where events go to: one JSON document a line. */
export interface WatchSink {
  send(event: JsonMap): void;
  end(): void;
}

const defaultTimeoutSeconds = 1800;
const bookmarkEveryMs = 30_000;
const lastBookmarkBeforeEndMs = 1000;

/**
 * Sends what happens to the selected objects until the request's `timeoutSeconds`. Returns the function that stops it.
 * Throws the answer when the request cannot be understood.
 */
export function startWatch(store: ObjectStore, request: WatchRequest, sink: WatchSink): () => void {
  const { of, namespace, query, form } = request;
  const isSelected = parseSelection(of, query);
  const since = parseRevision(query.get('resourceVersion') ?? '');
  const timeoutMs = (parseCount(query, 'timeoutSeconds') ?? defaultTimeoutSeconds) * 1000;
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  const belongs = (object: KubernetesObject): boolean =>
    (namespace === '' || namespaceOf(object) === namespace) && isSelected(object);

  const missed = since === undefined ? undefined : store.eventsSince(since);
  if (since !== undefined && missed === undefined) {
    sink.send({
      type: 'ERROR',
      object: expired(`too old resource version: ${since} (${store.oldestRevision()})`).status,
    });
    sink.end();
    return () => undefined;
  }

  const bookmark = (annotations: JsonMap): void => {
    const metadata = { resourceVersion: String(store.revision()), ...annotations };
    if (wantsBookmarks) sink.send({ type: 'BOOKMARK', object: { kind: of.kind, apiVersion: of.apiVersion, metadata } });
  };
  const tell = (event: StoreEvent): void => {
    if (event.kind !== of || event.revision <= (since ?? 0)) return;
    const type = seenAs(event, belongs);
    if (type !== undefined) sink.send({ type, object: objectAnswer(event.object, form) });
  };

  if (missed === undefined) {
    for (const object of store.list(of, namespace).filter(belongs)) {
      sink.send({ type: 'ADDED', object: objectAnswer(object, form) });
    }
    bookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } });
  } else {
    missed.forEach(tell);
  }

  const unsubscribe = store.subscribe(tell);
  const timers = [
    setInterval(() => bookmark({}), bookmarkEveryMs),
    setTimeout(() => bookmark({}), Math.max(0, timeoutMs - lastBookmarkBeforeEndMs)),
    setTimeout(() => {
      stop();
      sink.end();
    }, timeoutMs),
  ];
  function stop(): void {
    unsubscribe();
    timers.forEach(clearTimeout);
  }
  return stop;
}

/** A selector can make a change look like the coming or going of an object. */
function seenAs(event: StoreEvent, belongs: (object: KubernetesObject) => boolean): StoreEvent['type'] | undefined {
  const was = event.before !== undefined && belongs(event.before);
  const is = event.type !== 'DELETED' && belongs(event.object);
  if (was && is) return 'MODIFIED';
  if (was) return 'DELETED';
  return is ? 'ADDED' : undefined;
}

/** Undefined asks for the present state first. */
function parseRevision(text: string): number | undefined {
  if (text === '' || text === '0') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const message = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new ApiError({ code: 500, message });
}
