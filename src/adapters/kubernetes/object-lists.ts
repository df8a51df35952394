import { isJsonArray, isJsonObject, type JsonObject } from '../../domain/json.ts';
import { compactJsonBytes } from '../../domain/manifest/json-size.ts';
import type { GetAnswer, ListAnswer, ObjectAddress, ServedKind } from '../../domain/plan/prediction.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { type Collection, RememberedObjects, stateOf } from './remembered-objects.ts';
import { collectionPath, groupVersion } from './resource-path.ts';

export interface ObjectSelection {
  readonly namespace?: string;
  readonly labelSelector?: string;
}

export interface ListSources {
  readonly api: Pick<ApiClient, 'request'>;
  /** The cluster's name, for messages. */
  readonly cluster: string;
  readonly get: (address: ObjectAddress) => Promise<GetAnswer>;
  /** Names the server's schema of a group version; undefined when it cannot be told. */
  readonly schemaOf: (groupVersion: string) => Promise<string | undefined>;
}

const pageSize = 500;
const mostListings = 3;
const rememberedCharacters = 32 * 1024 * 1024;
/** Fewer objects are as quickly read as their metadata is. */
const fewObjects = 10;
/** When more than this part of a list moved, one LIST costs less than a GET for each. */
const movedPart = 0.2;
const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

type Pages =
  | {
      readonly kind: 'listed';
      readonly items: readonly JsonObject[];
      readonly resourceVersion: string;
      readonly characters: number;
    }
  | { readonly kind: 'refused'; readonly answer: ListAnswer };

/**
 * Lists of a cluster's objects, each consistent (never with `resourceVersion=0`). What was listed before is remembered: then the metadata alone is listed,
 * and only what is in another state is read. The answer is the same either way.
 */
export class ObjectLists {
  readonly #sources: ListSources;
  readonly #remembered = new RememberedObjects(rememberedCharacters);

  constructor(sources: ListSources) {
    this.#sources = sources;
  }

  async list(kind: ServedKind, selection: ObjectSelection): Promise<ListAnswer> {
    const path = collectionPath(kind, selection.namespace);
    const schema = this.#sources.schemaOf(groupVersion(kind));
    if (this.#remembered.count(path) > fewObjects) {
      const answer = await this.#listMoved(kind, selection, { path, schema: await schema });
      if (answer !== undefined) return answer;
    }
    const [pages, schemaNow] = await Promise.all([this.#pages(kind, selection, 'application/json'), schema]);
    if (pages.kind === 'refused') return pages.answer;
    const each = Math.ceil(pages.characters / Math.max(1, pages.items.length));
    const items = pages.items.map((item) => this.#known({ path, schema: schemaNow }, withType(item, kind), each));
    return { kind: 'listed', items, resourceVersion: pages.resourceVersion };
  }

  /** The object as it was read before, the very same one, when it is in the same state. */
  #known(collection: Collection, object: JsonObject, characters: number): JsonObject {
    const state = stateOf(object);
    const found = state === undefined ? undefined : this.#remembered.find(collection, state);
    if (found !== undefined) return found;
    this.#remembered.keep(collection, object, characters);
    return object;
  }

  /** Undefined: too much of it moved, or something could not be read; list it in full. */
  async #listMoved(
    kind: ServedKind,
    selection: ObjectSelection,
    collection: Collection,
  ): Promise<ListAnswer | undefined> {
    const pages = await this.#pages(kind, selection, metadataOnly);
    if (pages.kind === 'refused') return undefined;
    const known = pages.items.map((item) => {
      const state = stateOf(item);
      return { item, object: state === undefined ? undefined : this.#remembered.find(collection, state) };
    });
    const moved = known.filter(({ object }) => object === undefined);
    if (moved.length > Math.max(fewObjects, known.length * movedPart)) return undefined;
    const items = await Promise.all(
      known.map(async ({ item, object }) => object ?? (await this.#read(kind, item, collection))),
    );
    if (items.includes('unread')) return undefined;
    return { kind: 'listed', items: items.filter(isJsonObject), resourceVersion: pages.resourceVersion };
  }

  /** `gone`: deleted since it was listed. */
  async #read(kind: ServedKind, item: JsonObject, collection: Collection): Promise<JsonObject | 'gone' | 'unread'> {
    const { name, namespace } = isJsonObject(item['metadata']) ? item['metadata'] : {};
    if (typeof name !== 'string') return 'unread';
    const answer = await this.#sources.get({
      kind,
      ...(kind.namespaced && typeof namespace === 'string' ? { namespace } : {}),
      name,
    });
    if (answer.kind === 'absent') return 'gone';
    if (answer.kind !== 'found') return 'unread';
    return this.#known(collection, answer.object, compactJsonBytes(answer.object));
  }

  async #pages(kind: ServedKind, selection: ObjectSelection, accept: string): Promise<Pages> {
    const path = collectionPath(kind, selection.namespace);
    const place = selection.namespace === undefined ? '' : ` in namespace ${selection.namespace}`;
    const subject = `${this.#sources.cluster}: list of ${kind.resource}${place}`;
    for (let listing = 1; listing <= mostListings; listing += 1) {
      const pages = await this.#listOnce(path, selection, { accept, subject });
      if (pages !== 'expired') return pages;
    }
    const message = `${subject}: the list changes faster than it can be read`;
    return { kind: 'refused', answer: { kind: 'unavailable', message } };
  }

  async #listOnce(
    collection: string,
    selection: ObjectSelection,
    { accept, subject }: { readonly accept: string; readonly subject: string },
  ): Promise<Pages | 'expired'> {
    const items: JsonObject[] = [];
    let characters = 0;
    const query = new URLSearchParams({ limit: String(pageSize) });
    if (selection.labelSelector !== undefined) query.set('labelSelector', selection.labelSelector);
    for (;;) {
      const path = `${collection}?${query}`;
      const answer = await this.#sources.api.request({
        method: 'GET',
        path,
        accept,
        as: 'planner',
        repeatability: 'read',
      });
      if (answer.kind === 'answered' && answer.status === 410) return 'expired';
      const page = pageOf(answer);
      if (page === undefined) return { kind: 'refused', answer: refusalOf(answer, subject) };
      for (const item of page.items) items.push(item);
      characters += page.characters;
      if (page.next === undefined) return { kind: 'listed', items, resourceVersion: page.resourceVersion, characters };
      query.set('continue', page.next);
    }
  }
}

interface Page {
  readonly items: readonly JsonObject[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
  readonly characters: number;
}

function pageOf(answer: ApiAnswer): Page | undefined {
  if (answer.kind !== 'answered' || answer.status !== 200 || !isJsonObject(answer.body)) return undefined;
  const { items, metadata } = answer.body;
  if (!isJsonArray(items)) return undefined;
  const { resourceVersion, continue: next } = isJsonObject(metadata) ? metadata : {};
  return {
    items: items.filter(isJsonObject),
    resourceVersion: String(resourceVersion ?? ''),
    next: typeof next === 'string' && next !== '' ? next : undefined,
    characters: answer.characters,
  };
}

function refusalOf(answer: ApiAnswer, subject: string): ListAnswer {
  if (answer.kind === 'unreachable') return { kind: 'unavailable', message: `${subject}: ${answer.reason}` };
  return classifyRefusal(answer, { subject });
}

/** Items of a list lack what the list says for all. */
export function withType(item: JsonObject, kind: ServedKind): JsonObject {
  return { apiVersion: groupVersion(kind), kind: kind.kind, ...item };
}
