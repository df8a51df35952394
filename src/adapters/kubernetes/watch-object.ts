import { setTimeout as pause } from 'node:timers/promises';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ObjectAddress } from '../../domain/plan/prediction.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { collectionPath, groupVersion } from './resource-path.ts';

/** The API does not let this object be watched, and asking again would not change that. */
export class WatchRefused extends Error {
  readonly answer: Answered;

  constructor(answer: Answered) {
    super(`the API answers ${answer.status}`);
    this.name = 'WatchRefused';
    this.answer = answer;
  }
}

type Answered = Extract<ApiAnswer, { kind: 'answered' }>;

/** The object (undefined: none), or only how far we are. No version: the place in the history is lost, read again. */
type Sighting =
  | { readonly kind: 'object'; readonly object: JsonObject | undefined; readonly version: string | undefined }
  | { readonly kind: 'position'; readonly version: string | undefined };

/** The API server ends a watch then and we open the next, so that a connection which died silently is not waited for longer. */
const streamSeconds = 240;
const healthyStreamMs = 1000;
const shortestPauseMs = 200;
const longestPauseMs = 10_000;

/**
 * Yields the object as it is and after each change, undefined while it does not exist; ends when `signal` aborts. Read once with a
 * LIST of this one name (unlike a GET it gives a version to watch from when there is no object), then followed by WATCH; a broken
 * stream or a version too old (410) leads to another LIST. Rejects with WatchRefused.
 */
export async function* watchObject(
  api: ApiClient,
  address: ObjectAddress,
  signal: AbortSignal,
): AsyncGenerator<JsonObject | undefined, void, undefined> {
  const stop = AbortSignal.any([signal, api.closed]);
  let shown: string | undefined;
  let version: string | undefined;
  let pauseMs = shortestPauseMs;

  while (!stop.aborted) {
    const startedMs = performance.now();
    const reading = version === undefined;
    for await (const sighting of version === undefined
      ? read(api, address, stop)
      : follow(api, address, version, stop)) {
      version = sighting.version;
      if (sighting.kind === 'position' || identity(sighting.object) === shown) continue;
      shown = identity(sighting.object);
      yield sighting.object;
    }
    if (reading && version !== undefined) continue;
    if (performance.now() - startedMs >= healthyStreamMs) pauseMs = shortestPauseMs;
    await pause(pauseMs, undefined, { signal: stop }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function* read(api: ApiClient, address: ObjectAddress, signal: AbortSignal): AsyncGenerator<Sighting> {
  const path = `${collectionPath(address.kind, address.namespace)}?${new URLSearchParams({ fieldSelector: `metadata.name=${address.name}` })}`;
  const answer = await api.request({ method: 'GET', path, as: 'own', repeatability: 'read', signal });
  if (answer.kind === 'unreachable' || isPassing(answer.status)) return;
  if (answer.status !== 200 || !isJsonObject(answer.body)) throw new WatchRefused(answer);
  const items = isJsonArray(answer.body.items) ? answer.body.items.filter(isJsonObject) : [];
  const object = items.find((item) => metadata(item, 'name') === address.name);
  yield { kind: 'object', object: object && typed(object, address), version: metadata(answer.body, 'resourceVersion') };
}

async function* follow(
  api: ApiClient,
  address: ObjectAddress,
  from: string,
  signal: AbortSignal,
): AsyncGenerator<Sighting> {
  const query = new URLSearchParams({
    watch: 'true',
    fieldSelector: `metadata.name=${address.name}`,
    resourceVersion: from,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(streamSeconds),
  });
  const stream = await api.stream(
    { path: `${collectionPath(address.kind, address.namespace)}?${query}`, as: 'own' },
    signal,
  );
  if (stream.kind === 'answered' && stream.status !== 410 && !isPassing(stream.status)) throw new WatchRefused(stream);
  if (stream.kind !== 'streaming') {
    yield lost;
    return;
  }
  try {
    for await (const event of stream.lines) {
      const sighting = sightingOf(event, address);
      yield sighting;
      if (sighting.version === undefined) return;
    }
  } catch {
    // The connection broke, perhaps within a line: whatever was missed is in the next LIST.
    yield lost;
  }
}

const lost: Sighting = { kind: 'position', version: undefined };

function sightingOf(event: Json, address: ObjectAddress): Sighting {
  if (!isJsonObject(event) || !isJsonObject(event.object)) return lost;
  const version = metadata(event.object, 'resourceVersion');
  if (event.type === 'BOOKMARK') return { kind: 'position', version };
  if (event.type === 'DELETED') return { kind: 'object', object: undefined, version };
  if (event.type === 'ADDED' || event.type === 'MODIFIED')
    return { kind: 'object', object: typed(event.object, address), version };
  return lost;
}

/** Items of a list lack what the list says for all. */
function typed(object: JsonObject, address: ObjectAddress): JsonObject {
  return { apiVersion: groupVersion(address.kind), kind: address.kind.kind, ...object };
}

/** A reconnection shows again what was seen before. */
function identity(object: JsonObject | undefined): string {
  return object === undefined ? 'absent' : `${metadata(object, 'uid')} ${metadata(object, 'resourceVersion')}`;
}

function metadata(object: JsonObject, name: string): string | undefined {
  const value = isJsonObject(object.metadata) ? object.metadata[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isPassing(status: number): boolean {
  return status === 429 || status >= 500 || status === 401;
}
