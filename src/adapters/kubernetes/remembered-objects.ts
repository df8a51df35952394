import { isJsonObject, type JsonObject } from '../../domain/json.ts';

/** What makes an object's content: the same UID and resourceVersion, read by the same schema, is the same content for ever. */
export interface ObjectState {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Where objects are listed: one kind in one version, in one namespace or in all. */
export interface Collection {
  /** The path of the LIST. */
  readonly path: string;
  /** Changes when the server's schema of the kind does; `undefined`: unknown, nothing is remembered. */
  readonly schema: string | undefined;
}

interface Remembered {
  readonly object: JsonObject;
  readonly resourceVersion: string;
  readonly schema: string;
  readonly characters: number;
}

/** Objects as they were read, in memory only; the least recently used ones go when their JSON has more than `limit` characters in all. */
export class RememberedObjects {
  readonly #limit: number;
  readonly #objects = new Map<string, Remembered>();
  readonly #countByPath = new Map<string, number>();
  #characters = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many objects of this collection are remembered, in whatever state. */
  count(path: string): number {
    return this.#countByPath.get(path) ?? 0;
  }

  /** The object in just this state, or undefined. */
  find({ path, schema }: Collection, { uid, resourceVersion }: ObjectState): JsonObject | undefined {
    const key = keyOf(path, uid);
    const found = this.#objects.get(key);
    if (found === undefined || found.resourceVersion !== resourceVersion || found.schema !== schema) return undefined;
    this.#objects.delete(key);
    this.#objects.set(key, found);
    return found.object;
  }

  /** `characters`: the length of the object's JSON, about. */
  keep({ path, schema }: Collection, object: JsonObject, characters: number): void {
    const state = stateOf(object);
    if (state === undefined || schema === undefined || characters > this.#limit) return;
    const key = keyOf(path, state.uid);
    this.#forget(key, path);
    this.#objects.set(key, { object, resourceVersion: state.resourceVersion, schema, characters });
    this.#countByPath.set(path, this.count(path) + 1);
    this.#characters += characters;
    for (const oldest of this.#objects.keys()) {
      if (this.#characters <= this.#limit) return;
      this.#forget(oldest, oldest.slice(0, oldest.lastIndexOf(' ')));
    }
  }

  #forget(key: string, path: string): void {
    const known = this.#objects.get(key);
    if (known === undefined) return;
    this.#objects.delete(key);
    this.#countByPath.set(path, this.count(path) - 1);
    this.#characters -= known.characters;
  }
}

/** Undefined for an object that does not say what it is. */
export function stateOf(object: JsonObject): ObjectState | undefined {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const { uid, resourceVersion } = metadata;
  return typeof uid === 'string' && typeof resourceVersion === 'string' ? { uid, resourceVersion } : undefined;
}

function keyOf(path: string, uid: string): string {
  return `${path} ${uid}`;
}
