import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiRequest } from '../../../src/adapters/kubernetes/api-client.ts';
import { ObjectLists } from '../../../src/adapters/kubernetes/object-lists.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { ServedKind } from '../../../src/domain/plan/prediction.ts';

const kind: ServedKind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
  verbs: [],
};

/** An API that holds config maps and notes what it is asked for. */
class ConfigMaps {
  readonly asked: string[] = [];
  readonly #objects = new Map<string, JsonObject>();
  schema: string | undefined = 'schema-1';
  refusesReading = false;
  #version = 0;

  put(name: string, data: string): void {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    this.#objects.set(name, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'a', uid: `uid-${name}`, resourceVersion },
      data: { data },
    });
  }

  remove(name: string): void {
    this.#objects.delete(name);
  }

  lists(): ObjectLists {
    return new ObjectLists({
      cluster: 'production',
      api: { request: async (request) => this.#answer(request) },
      get: async ({ name }) => {
        this.asked.push(`get ${name}`);
        const object = this.#objects.get(name);
        if (this.refusesReading) return { kind: 'forbidden', message: 'no' };
        return object === undefined ? { kind: 'absent' } : { kind: 'found', object };
      },
      schemaOf: async () => this.schema,
    });
  }

  #answer({ accept }: ApiRequest): ApiAnswer {
    const isMetadata = accept?.includes('PartialObjectMetadataList') === true;
    this.asked.push(isMetadata ? 'list metadata' : 'list');
    const items = [...this.#objects.values()].map(({ apiVersion: _version, kind: _kind, ...item }) =>
      isMetadata
        ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata ?? {} }
        : item,
    );
    const body = { metadata: { resourceVersion: String(this.#version) }, items };
    return { kind: 'answered', status: 200, body, characters: JSON.stringify(body).length };
  }
}

describe('lists of objects that were listed before', () => {
  let api: ConfigMaps;
  let lists: ObjectLists;

  beforeEach(() => {
    api = new ConfigMaps();
    lists = api.lists();
    for (let number = 0; number < 40; number += 1) api.put(`map-${number}`, 'one');
  });

  const list = async () => {
    api.asked.length = 0;
    const answer = await lists.list(kind, { namespace: 'a' });
    if (answer.kind !== 'listed') throw new Error(answer.kind);
    return answer.items;
  };
  /** What a client without memory reads. */
  const fresh = async () => {
    const answer = await api.lists().list(kind, { namespace: 'a' });
    return answer.kind === 'listed' ? answer.items : [];
  };

  it('ask for the metadata alone, and give the very same objects', async () => {
    const first = await list();
    const second = await list();
    expect(api.asked).toEqual(['list metadata']);
    expect(second.every((object, index) => object === first[index])).toBe(true);
    expect(second).toEqual(await fresh());
  });

  it('give the very same objects also when they are read in full', async () => {
    for (let number = 5; number < 40; number += 1) api.remove(`map-${number}`);
    const few = api.lists();
    const read = async () => {
      const answer = await few.list(kind, { namespace: 'a' });
      return answer.kind === 'listed' ? answer.items : [];
    };
    const first = await read();
    api.asked.length = 0;
    api.put('map-0', 'two');
    const second = await read();
    expect(api.asked).toEqual(['list']);
    expect(first.filter((object) => second.includes(object))).toHaveLength(4);
  });

  it('read what is in another state', async () => {
    await list();
    api.put('map-3', 'two');
    api.put('map-new', 'three');
    const items = await list();
    expect(api.asked).toEqual(['list metadata', 'get map-3', 'get map-new']);
    expect(items).toEqual(await fresh());
    await list();
    expect(api.asked).toEqual(['list metadata']);
  });

  it('leave out what is gone, also between the list and the reading', async () => {
    await list();
    api.remove('map-1');
    expect(await list()).toEqual(await fresh());
    api.put('map-2', 'two');
    const reading = lists.list(kind, { namespace: 'a' });
    api.remove('map-2');
    const answer = await reading;
    expect(answer.kind === 'listed' ? answer.items.length : 0).toBe(38);
  });

  it('are read in full when much of them moved', async () => {
    await list();
    for (let number = 0; number < 30; number += 1) api.put(`map-${number}`, 'two');
    expect(await list()).toEqual(await fresh());
    expect(api.asked.filter((asked) => asked.startsWith('get'))).toEqual([]);
  });

  it('are read in full when an object may not be read alone', async () => {
    await list();
    api.put('map-3', 'two');
    api.refusesReading = true;
    expect(await list()).toEqual(await fresh());
  });

  it('are read anew when the schema of the kind is another', async () => {
    await list();
    api.schema = 'schema-2';
    await list();
    expect(api.asked).toContain('list');
    await list();
    expect(api.asked).toEqual(['list metadata']);
  });

  it('are never remembered while the schema is unknown', async () => {
    api.schema = undefined;
    await list();
    await list();
    expect(api.asked).toEqual(['list']);
  });
});
