import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { FieldSchema } from '../../src/domain/plan/field-schema.ts';
import type { ApplyAnswer, ObjectAddress, ServedKind } from '../../src/domain/plan/prediction.ts';
import { type Cluster, ClusterUnavailable, type LogRequest } from '../../src/flows/ports/cluster.ts';

export interface ClusterUnderTest {
  readonly cluster: Cluster;
  /** The same adapter, where nothing listens. */
  readonly unreachable: Cluster;
  /** Server-side apply as somebody else. */
  applyAs(manager: string, address: ObjectAddress, object: JsonObject): Promise<void>;
  close(): Promise<void>;
}

/** What the port promises, on any server. Works in one namespace of its own and removes it. */
export function describeCluster(server: string, start: () => Promise<ClusterUnderTest>): void {
  describe(`the cluster port on ${server}`, () => {
    const namespace = `contract-${randomBytes(4).toString('hex')}`;
    let test: ClusterUnderTest;
    let cluster: Cluster;
    let kinds: readonly ServedKind[];

    const kind = (name: string): ServedKind => {
      const found = kinds.find((served) => served.kind === name && (served.group === '' || served.group === 'apps'));
      if (!found) throw new Error(`${name} is not served`);
      return found;
    };
    const address = (kindName: string, name: string, place = namespace): ObjectAddress => ({
      kind: kind(kindName),
      name,
      ...(kind(kindName).namespaced && { namespace: place }),
    });
    const live = async (at: ObjectAddress): Promise<JsonObject> => {
      const answer = await cluster.get(at);
      if (answer.kind !== 'found') throw new Error(`expected an object, got ${JSON.stringify(answer)}`);
      return answer.object;
    };
    const put = async (at: ObjectAddress, object: JsonObject): Promise<JsonObject> =>
      applied(await cluster.apply({ address: at, object, force: false }));

    beforeAll(async () => {
      test = await start();
      cluster = test.cluster;
      kinds = (await cluster.kinds()).kinds;
      await put(address('Namespace', namespace), {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
    });

    afterAll(async () => {
      if (test === undefined) return;
      const at = address('Namespace', namespace);
      const answer = await cluster.get(at);
      if (answer.kind === 'found') {
        await cluster.delete(at, { uid: String(valueAt(answer.object, 'metadata', 'uid')), propagation: 'background' });
      }
      await test.close();
    });

    describe('identity and discovery', () => {
      it('has one UID, the same each time', async () => {
        const uid = await cluster.uid();
        expect(uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(await cluster.uid()).toBe(uid);
      });

      it('knows where its kinds are served', () => {
        expect(kind('Namespace')).toMatchObject({
          group: '',
          version: 'v1',
          resource: 'namespaces',
          namespaced: false,
        });
        for (const name of ['ConfigMap', 'Secret', 'Service']) {
          expect(kind(name)).toMatchObject({
            group: '',
            version: 'v1',
            resource: `${name.toLowerCase()}s`,
            namespaced: true,
          });
        }
        expect(kind('Deployment')).toMatchObject({
          group: 'apps',
          version: 'v1',
          resource: 'deployments',
          namespaced: true,
        });
        expect(kind('Deployment').verbs).toEqual(expect.arrayContaining(['get', 'list', 'watch', 'patch', 'delete']));
      });

      it('lists no subresource as a kind of its own', () => {
        expect(kinds.filter((served) => served.resource.includes('/'))).toEqual([]);
      });
    });

    describe('schemas', () => {
      it('knows which lists are keyed, and the defaults of their keys', async () => {
        const schemas = await cluster.schemas(['v1', 'apps/v1']);
        const containers = fieldAt(schemas('apps/v1', 'Deployment'), 'spec', 'template', 'spec', 'containers');
        expect(containers).toMatchObject({ type: 'array', listType: 'map', listMapKeys: ['name'] });
        const ports = fieldAt(schemas('v1', 'Service'), 'spec', 'ports');
        expect(ports).toMatchObject({ listType: 'map', listMapKeys: ['port', 'protocol'] });
        expect(ports?.items?.properties?.get('protocol')?.default).toBe('TCP');
      });

      it('knows a map of strings', async () => {
        const schemas = await cluster.schemas(['v1']);
        const data = fieldAt(schemas('v1', 'ConfigMap'), 'data');
        expect(data?.additionalProperties?.type).toBe('string');
        expect(data?.mapType).not.toBe('atomic');
      });

      it('knows which values are quantities', async () => {
        const schemas = await cluster.schemas(['apps/v1']);
        const containers = fieldAt(schemas('apps/v1', 'Deployment'), 'spec', 'template', 'spec', 'containers');
        const limits = fieldAt(containers?.items, 'resources', 'limits');
        expect(limits?.additionalProperties?.quantity).toBe(true);
        expect(containers?.items?.properties?.get('image')?.quantity).toBeUndefined();
      });

      it('finds nothing for group versions and kinds that the cluster does not have, nor for those not asked for', async () => {
        const schemas = await cluster.schemas(['v1', 'nothing.example.com/v1']);
        expect(schemas('nothing.example.com/v1', 'Nothing')).toBeUndefined();
        expect(schemas('v1', 'Nothing')).toBeUndefined();
        expect(schemas('apps/v1', 'Deployment')).toBeUndefined();
      });
    });

    describe('reading', () => {
      it('answers absent for an object that does not exist, also in a namespace that does not', async () => {
        expect(await cluster.get(address('ConfigMap', 'nothing'))).toEqual({ kind: 'absent' });
        expect(await cluster.get(address('ConfigMap', 'nothing', 'no-such-namespace'))).toEqual({ kind: 'absent' });
      });

      it('lists the objects of a namespace, each with its kind, and by label', async () => {
        await put(address('ConfigMap', 'list-a'), configMap('list-a', { a: '1' }, { labels: { part: 'left' } }));
        await put(address('ConfigMap', 'list-b'), configMap('list-b', { a: '1' }, { labels: { part: 'right' } }));
        const all = await cluster.list(kind('ConfigMap'), { namespace });
        expect(names(all)).toEqual(expect.arrayContaining(['list-a', 'list-b']));
        if (all.kind !== 'listed') throw new Error('not listed');
        expect(all.resourceVersion).not.toBe('');
        expect(new Set(all.items.map((item) => `${String(item.apiVersion)} ${String(item.kind)}`))).toEqual(
          new Set(['v1 ConfigMap']),
        );
        expect(names(await cluster.list(kind('ConfigMap'), { namespace, labelSelector: 'part=left' }))).toEqual([
          'list-a',
        ]);
        expect(names(await cluster.list(kind('ConfigMap'), { labelSelector: 'part in (left,right)' }))).toEqual(
          expect.arrayContaining(['list-a', 'list-b']),
        );
        expect(names(await cluster.list(kind('ConfigMap'), { namespace: 'no-such-namespace' }))).toEqual([]);
      });
    });

    describe('dry-run', () => {
      it('predicts a create and makes nothing', async () => {
        const at = address('ConfigMap', 'dry-create');
        const answer = await cluster.dryRunApply({
          address: at,
          object: configMap('dry-create', { a: '1' }),
          force: false,
        });
        expect(answer).toMatchObject({
          kind: 'applied',
          created: true,
          object: { kind: 'ConfigMap', data: { a: '1' } },
        });
        expect(await cluster.get(at)).toEqual({ kind: 'absent' });
      });

      it('predicts an update with what the server adds, and changes nothing', async () => {
        const at = address('Deployment', 'dry-update');
        await put(at, deployment('dry-update', { replicas: 0 }));
        const before = await live(at);
        const answer = await cluster.dryRunApply({
          address: at,
          object: deployment('dry-update', { replicas: 0, image: 'web:2' }),
          force: false,
        });
        expect(answer).toMatchObject({ kind: 'applied', created: false });
        const container = firstContainer(applied(answer));
        expect(container).toMatchObject({ image: 'web:2', imagePullPolicy: 'IfNotPresent' });
        expect(firstContainer(await live(at))).toMatchObject({ image: 'web:1' });
        expect(valueAt(await live(at), 'metadata', 'generation')).toEqual(valueAt(before, 'metadata', 'generation'));
      });

      it('leaves the resourceVersion as it is', async () => {
        const at = address('ConfigMap', 'dry-version');
        const before = await put(at, configMap('dry-version', { a: '1' }));
        await cluster.dryRunApply({ address: at, object: configMap('dry-version', { a: '2' }), force: false });
        expect(await live(at)).toEqual(before);
      });
    });

    describe('applying', () => {
      it('says whether it created the object or met one', async () => {
        const at = address('ConfigMap', 'created');
        const request = { address: at, object: configMap('created', { a: '1' }), force: false };
        expect(await cluster.apply(request)).toMatchObject({ kind: 'applied', created: true });
        expect(await cluster.apply({ ...request, object: configMap('created', { a: '2' }) })).toMatchObject({
          kind: 'applied',
          created: false,
        });
        expect(await live(at)).toMatchObject({ data: { a: '2' } });
      });

      it('leaves the object untouched when it is applied again', async () => {
        const at = address('Service', 'again');
        const object = {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'again', namespace },
          spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
        };
        const first = await put(at, object);
        const second = await put(at, object);
        expect(valueAt(second, 'metadata', 'resourceVersion')).toBe(valueAt(first, 'metadata', 'resourceVersion'));
      });

      it('removes the fields that it owned and that are rendered no more', async () => {
        const at = address('ConfigMap', 'fewer');
        await put(at, configMap('fewer', { keep: '1', drop: '1' }));
        await put(at, configMap('fewer', { keep: '1' }));
        expect((await live(at)).data).toEqual({ keep: '1' });
      });

      it('is known to the server as planwright', async () => {
        const object = await put(address('ConfigMap', 'manager'), configMap('manager', { a: '1' }));
        const entries = valueAt(object, 'metadata', 'managedFields');
        expect(entries).toEqual([
          expect.objectContaining({ manager: 'planwright', operation: 'Apply', fieldsType: 'FieldsV1' }),
        ]);
      });

      it('keeps a Secret as it was given', async () => {
        const at = address('Secret', 'secret');
        await put(at, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'secret', namespace },
          data: { key: 'dmFsdWU=' },
        });
        expect(await live(at)).toMatchObject({ type: 'Opaque', data: { key: 'dmFsdWU=' } });
      });
    });

    describe('managers', () => {
      const entriesOf = (object: JsonObject): readonly JsonObject[] => {
        const entries = valueAt(object, 'metadata', 'managedFields');
        return isJsonArray(entries) ? entries.filter(isJsonObject) : [];
      };
      const read = async (at: ObjectAddress) => {
        const object = await live(at);
        const [uid, resourceVersion] = ['uid', 'resourceVersion'].map((name) =>
          String(valueAt(object, 'metadata', name)),
        );
        return { object, uid: uid ?? '', resourceVersion: resourceVersion ?? '' };
      };

      it('are rewritten without anything else, so that the next apply removes what became ours', async () => {
        const at = address('ConfigMap', 'managers');
        await test.applyAs('somebody-else', at, configMap('managers', { a: '1', b: '1' }));
        const before = await read(at);
        const ours = entriesOf(before.object).map((entry) => ({ ...entry, manager: 'planwright' }));
        const answer = await cluster.replaceManagedFields(at, { ...before, managedFields: ours });
        expect(answer).toMatchObject({ kind: 'applied', created: false, object: { data: { a: '1', b: '1' } } });
        expect(entriesOf(await live(at)).map(({ manager }) => manager)).toEqual(['planwright']);
        expect((await put(at, configMap('managers', { a: '1' }))).data).toEqual({ a: '1' });
      });

      it('stay as they are when the object is not in the state, or not the one, that was read', async () => {
        const at = address('ConfigMap', 'managers-stale');
        await put(at, configMap('managers-stale', { a: '1' }));
        const before = await read(at);
        const after = await put(at, configMap('managers-stale', { a: '2' }));
        expect(await cluster.replaceManagedFields(at, { ...before, managedFields: [] })).toMatchObject({
          kind: 'stale',
        });
        const other = { ...(await read(at)), uid: '00000000-0000-4000-8000-000000000000' };
        expect(await cluster.replaceManagedFields(at, { ...other, managedFields: [] })).toMatchObject({
          kind: 'stale',
        });
        expect(await live(at)).toEqual(after);
      });
    });

    describe('refusals', () => {
      it('names manager and field of a conflict, changes nothing, and takes the field over by force', async () => {
        const at = address('ConfigMap', 'conflict');
        await test.applyAs('somebody-else', at, configMap('conflict', { shared: 'theirs', own: '1' }));
        const before = await live(at);
        const request = { address: at, object: configMap('conflict', { shared: 'ours' }), force: false };
        for (const answer of [await cluster.dryRunApply(request), await cluster.apply(request)]) {
          expect(answer).toMatchObject({
            kind: 'conflict',
            conflicts: [{ manager: 'somebody-else', field: '.data.shared' }],
          });
        }
        expect(await live(at)).toEqual(before);
        expect(await cluster.apply({ ...request, force: true })).toMatchObject({ kind: 'applied', created: false });
        expect((await live(at)).data).toEqual({ shared: 'ours', own: '1' });
      });

      it('calls an object stale that was changed since it was read', async () => {
        const at = address('ConfigMap', 'stale-version');
        const first = await put(at, configMap('stale-version', { a: '1' }));
        await put(at, configMap('stale-version', { a: '2' }));
        const resourceVersion = String(valueAt(first, 'metadata', 'resourceVersion'));
        const object = configMap('stale-version', { a: '3' }, { resourceVersion });
        expect(await cluster.apply({ address: at, object, force: false })).toMatchObject({ kind: 'stale' });
        expect(await live(at)).toMatchObject({ data: { a: '2' } });
      });

      it('calls an object stale that is another one, or none, than was read', async () => {
        const uid = '00000000-0000-4000-8000-000000000000';
        await put(address('ConfigMap', 'stale-uid'), configMap('stale-uid', { a: '1' }));
        for (const name of ['stale-uid', 'stale-gone']) {
          const answer = await cluster.apply({
            address: address('ConfigMap', name),
            object: configMap(name, { a: '2' }, { uid }),
            force: false,
          });
          expect(answer).toMatchObject({ kind: 'stale' });
        }
        expect(await live(address('ConfigMap', 'stale-uid'))).toMatchObject({ data: { a: '1' } });
        expect(await cluster.get(address('ConfigMap', 'stale-gone'))).toEqual({ kind: 'absent' });
      });

      it('names the field that cannot be changed', async () => {
        const at = address('Deployment', 'immutable');
        await put(at, deployment('immutable', { replicas: 0 }));
        const object = deployment('immutable', { replicas: 0, app: 'other' });
        expect(await cluster.dryRunApply({ address: at, object, force: false })).toMatchObject({
          kind: 'immutable',
          fields: ['spec.selector'],
          message: expect.stringContaining('field is immutable'),
        });
      });

      it('names the namespace that does not exist', async () => {
        const answer = await cluster.dryRunApply({
          address: address('ConfigMap', 'homeless', 'no-such-namespace'),
          object: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'homeless', namespace: 'no-such-namespace' },
          },
          force: false,
        });
        expect(answer).toMatchObject({ kind: 'namespace-absent', namespace: 'no-such-namespace' });
      });

      it('names the field that the kind does not have', async () => {
        const answer = await cluster.dryRunApply({
          address: address('Deployment', 'unknown'),
          object: { ...deployment('unknown', {}), spec: { ...deploymentSpec('unknown', {}), replica: 1 } },
          force: false,
        });
        expect(answer).toMatchObject({ kind: 'invalid', fields: ['spec.replica'] });
      });

      it('refuses two items of one key', async () => {
        const answer = await cluster.dryRunApply({
          address: address('Service', 'twice'),
          object: {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'twice', namespace },
            spec: { ports: [{ port: 80 }, { port: 80 }] },
          },
          force: false,
        });
        expect(answer).toMatchObject({
          kind: 'invalid',
          fields: ['spec.ports'],
          message: expect.stringContaining('duplicate entries for key'),
        });
      });

      it('names the field of a value that is not allowed', async () => {
        const answer = await cluster.dryRunApply({
          address: address('Deployment', 'negative'),
          object: deployment('negative', { replicas: -1 }),
          force: false,
        });
        expect(answer).toMatchObject({ kind: 'invalid', status: 422, fields: ['spec.replicas'] });
      });

      it('says that a kind is not served', async () => {
        const absent: ServedKind = {
          group: 'nothing.example.com',
          version: 'v1',
          kind: 'Nothing',
          resource: 'nothings',
          namespaced: true,
          verbs: [],
        };
        const at = { kind: absent, namespace, name: 'a' };
        const object = { apiVersion: 'nothing.example.com/v1', kind: 'Nothing', metadata: { name: 'a', namespace } };
        expect(await cluster.dryRunApply({ address: at, object, force: false })).toMatchObject({ kind: 'not-served' });
        expect(await cluster.get(at)).toMatchObject({ kind: 'not-served' });
        expect(await cluster.list(absent, { namespace })).toMatchObject({ kind: 'not-served' });
        const oldVersion = { ...at, kind: { ...kind('Deployment'), version: 'v1beta1' } };
        expect(await cluster.get(oldVersion)).toMatchObject({ kind: 'not-served' });
      });

      it('begins every message with cluster, verb and object', async () => {
        const answer = await cluster.dryRunApply({
          address: address('Deployment', 'said'),
          object: deployment('said', { replicas: -1 }),
          force: false,
        });
        expect('message' in answer && answer.message).toMatch(
          new RegExp(`^${cluster.name}: dry-run of Deployment ${namespace}/said: `),
        );
      });

      it.each(['', '..', 'a/status', 'a%2Fb'])('never asks the server for an object called %j', async (name) => {
        const at = address('ConfigMap', name);
        expect(await cluster.get(at)).toMatchObject({ kind: 'invalid' });
        expect(await cluster.apply({ address: at, object: configMap(name, {}), force: false })).toMatchObject({
          kind: 'invalid',
        });
        expect(await cluster.delete(at, { uid: 'x', propagation: 'background' })).toMatchObject({ kind: 'invalid' });
      });
    });

    describe('deleting', () => {
      it('deletes the object with the expected UID and no other', async () => {
        const at = address('ConfigMap', 'delete');
        const object = await put(at, configMap('delete', { a: '1' }));
        const other = '00000000-0000-4000-8000-000000000000';
        expect(await cluster.delete(at, { uid: other, propagation: 'background' })).toMatchObject({ kind: 'stale' });
        expect(await live(at)).toEqual(object);
        const uid = String(valueAt(object, 'metadata', 'uid'));
        expect(await cluster.delete(at, { uid, propagation: 'background' })).toEqual({ kind: 'deleted' });
        expect(await cluster.get(at)).toEqual({ kind: 'absent' });
        expect(await cluster.delete(at, { uid, propagation: 'background' })).toEqual({ kind: 'absent' });
      });

      it('deletes the object only in the state that is expected, where one is', async () => {
        const at = address('ConfigMap', 'delete-as-seen');
        const seen = await put(at, configMap('delete-as-seen', { a: '1' }));
        const moved = await put(at, configMap('delete-as-seen', { a: '2' }));
        const as = (object: JsonObject) => ({
          uid: String(valueAt(object, 'metadata', 'uid')),
          resourceVersion: String(valueAt(object, 'metadata', 'resourceVersion')),
          propagation: 'background' as const,
        });
        expect(await cluster.delete(at, as(seen))).toMatchObject({ kind: 'stale' });
        expect(await live(at)).toEqual(moved);
        expect(await cluster.delete(at, as(moved))).toEqual({ kind: 'deleted' });
      });

      it('waits for dependents when told so', async () => {
        const at = address('Deployment', 'foreground');
        const object = await put(at, deployment('foreground', { replicas: 0 }));
        const uid = String(valueAt(object, 'metadata', 'uid'));
        const gone = until(cluster, at, (seen) => seen === undefined);
        expect(await cluster.delete(at, { uid, propagation: 'foreground' })).toEqual({ kind: 'deleted' });
        await gone;
        expect(await cluster.get(at)).toEqual({ kind: 'absent' });
      });
    });

    describe('watching', () => {
      it('yields the object as it is, every change, and its end', async () => {
        const at = address('ConfigMap', 'watched');
        const seen: (Json | undefined)[] = [];
        const watching = until(cluster, at, (object) => {
          seen.push(object === undefined ? undefined : valueAt(object, 'data', 'a'));
          return seen.length === 4;
        });
        await expect.poll(() => seen).toEqual([undefined]);
        const created = await put(at, configMap('watched', { a: '1' }));
        await put(address('ConfigMap', 'watched-not'), configMap('watched-not', { a: 'of another object' }));
        await put(at, configMap('watched', { a: '2' }));
        await cluster.delete(at, { uid: String(valueAt(created, 'metadata', 'uid')), propagation: 'background' });
        await watching;
        expect(seen).toEqual([undefined, '1', '2', undefined]);
      });

      it('follows a Deployment until it is available', async () => {
        const at = address('Deployment', 'rollout');
        await put(at, deployment('rollout', { replicas: 2 }));
        const available = await until(cluster, at, (object) => object !== undefined && isAvailable(object));
        expect(available).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment', status: { readyReplicas: 2 } });
      });

      it('ends when it is aborted, also while nothing happens', async () => {
        const abort = new AbortController();
        let seen = 0;
        const ended = (async () => {
          for await (const _object of cluster.watch(address('ConfigMap', 'never'), abort.signal)) seen += 1;
          return 'ended';
        })();
        await expect.poll(() => seen).toBe(1);
        abort.abort();
        expect(await ended).toBe('ended');
      });
    });

    describe('what tells why something fails', () => {
      const signal = AbortSignal.timeout(120_000);
      let pod: JsonObject;
      let imagePulled: JsonObject;
      const nameOf = (object: JsonObject) => String(valueAt(object, 'metadata', 'name'));
      const log = (of: JsonObject, more: Partial<LogRequest> = {}) =>
        cluster.podLog({ namespace, pod: nameOf(of), container: 'web', run: 'current', lines: 20, ...more }, signal);

      beforeAll(async () => {
        for (const trouble of ['crash', 'image-pull-failure'])
          await put(
            address('Deployment', trouble),
            deployment(trouble, { labels: { 'planwright.dev/simulate': trouble } }),
          );
        pod = await troubled('crash', 'CrashLoopBackOff');
        imagePulled = await troubled('image-pull-failure', 'ImagePullBackOff');
      });

      /** The pod of a Deployment, once its container waits for this reason. */
      async function troubled(app: string, reason: string): Promise<JsonObject> {
        return vi.waitFor(
          async () => {
            const selection = { namespace, labelSelector: `app=${app}`, limit: 10 };
            const answer = await cluster.listSome(kind('Pod'), selection, signal);
            const found = answer.kind === 'listed' ? answer.items[0] : undefined;
            if (found === undefined || !JSON.stringify(found).includes(reason))
              throw new Error(`${app} is not ${reason}`);
            return found;
          },
          { timeout: 60_000, interval: 200 },
        );
      }

      it('lists at most so many objects', async () => {
        const selection = { namespace, labelSelector: 'app in (crash,image-pull-failure)', limit: 1 };
        expect(names(await cluster.listSome(kind('Pod'), selection, signal))).toHaveLength(1);
      });

      it('leads from a Deployment over its ReplicaSet to its pod', async () => {
        const owner = await live(address('Deployment', 'crash'));
        const sets = await cluster.listSome(
          kind('ReplicaSet'),
          { namespace, labelSelector: 'app=crash', limit: 10 },
          signal,
        );
        const [set] = sets.kind === 'listed' ? sets.items : [];
        const ownerOf = (object: JsonObject | undefined) => {
          const references = object === undefined ? undefined : valueAt(object, 'metadata', 'ownerReferences');
          return isJsonArray(references) ? references[0] : undefined;
        };
        expect(ownerOf(set)).toMatchObject({ controller: true, uid: valueAt(owner, 'metadata', 'uid') });
        expect(ownerOf(pod)).toMatchObject({ controller: true, uid: set && valueAt(set, 'metadata', 'uid') });
      });

      it('selects the events of one object', async () => {
        const about = async (object: JsonObject) => {
          const fieldSelector = `involvedObject.uid=${String(valueAt(object, 'metadata', 'uid'))}`;
          const answer = await cluster.listSome(kind('Event'), { namespace, fieldSelector, limit: 50 }, signal);
          if (answer.kind !== 'listed') throw new Error(JSON.stringify(answer));
          return answer.items;
        };
        await expect
          .poll(() => about(pod), { timeout: 60_000 })
          .toContainEqual(
            expect.objectContaining({
              apiVersion: 'v1',
              kind: 'Event',
              type: 'Warning',
              reason: 'BackOff',
              message: 'Back-off restarting failed container',
              involvedObject: expect.objectContaining({ kind: 'Pod', name: nameOf(pod) }),
            }),
          );
        expect(JSON.stringify(await about(imagePulled))).not.toContain(nameOf(pod));
      });

      it('reads the last lines of a container, of this run and of the one before', async () => {
        const text = expect.stringMatching(/^starting\n[\s\S]*error: simulated log of a simulated container\n$/);
        expect(await log(pod)).toEqual({ kind: 'read', text });
        expect(await log(pod, { run: 'previous' })).toEqual({ kind: 'read', text });
        expect(await log(pod, { lines: 1 })).toEqual({
          kind: 'read',
          text: 'error: simulated log of a simulated container\n',
        });
      });

      it('answers with a refusal where there is no such container, or no such pod', async () => {
        expect(await log(pod, { container: 'other' })).toMatchObject({
          kind: 'invalid',
          message: expect.stringContaining('container other is not valid for pod'),
        });
        expect(await log(pod, { pod: 'nobody' })).toMatchObject({
          message: expect.stringContaining('"nobody" not found'),
        });
      });

      it('does not wait longer than it is told', async () => {
        expect(await cluster.listSome(kind('Pod'), { namespace, limit: 1 }, AbortSignal.abort())).toMatchObject({
          kind: 'unavailable',
        });
      });
    });

    it('discovers anew when it is told to', async () => {
      expect(await cluster.kindsNow()).toEqual(await cluster.kinds());
      await expect(test.unreachable.kindsNow()).rejects.toBeInstanceOf(ClusterUnavailable);
    });

    describe('a server that cannot be reached', () => {
      it('is the answer of reads and writes', async () => {
        const at = address('ConfigMap', 'far-away');
        const message = expect.stringMatching(/^unreachable: .*cannot be reached/);
        const request = { address: at, object: configMap('far-away', {}), force: false };
        expect(await test.unreachable.get(at)).toMatchObject({ kind: 'unavailable', message });
        expect(await test.unreachable.list(kind('ConfigMap'), { namespace })).toMatchObject({
          kind: 'unavailable',
          message,
        });
        expect(await test.unreachable.dryRunApply(request)).toMatchObject({ kind: 'unavailable', message });
        expect(await test.unreachable.apply(request)).toMatchObject({ kind: 'unavailable', message });
        expect(await test.unreachable.delete(at, { uid: 'x', propagation: 'background' })).toMatchObject({
          kind: 'unavailable',
          message,
        });
      });

      it('rejects what has no such answer, and names the cluster', async () => {
        const unavailable = expect.objectContaining({ name: 'ClusterUnavailable', cluster: 'unreachable' });
        for (const call of [test.unreachable.uid(), test.unreachable.kinds(), test.unreachable.schemas(['v1'])]) {
          await expect(call).rejects.toBeInstanceOf(ClusterUnavailable);
          await expect(call).rejects.toEqual(unavailable);
        }
      });
    });

    function configMap(name: string, data: Record<string, string>, metadata: JsonObject = {}): JsonObject {
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...metadata }, data };
    }

    function deployment(name: string, options: DeploymentOptions): JsonObject {
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace },
        spec: deploymentSpec(name, options),
      };
    }
  });
}

interface DeploymentOptions {
  readonly replicas?: number;
  readonly image?: string;
  readonly app?: string;
  /** Of its pods, beside `app`. */
  readonly labels?: Readonly<Record<string, string>>;
}

function deploymentSpec(
  name: string,
  { replicas = 1, image = 'web:1', app = name, labels = {} }: DeploymentOptions,
): JsonObject {
  return {
    replicas,
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app, ...labels } }, spec: { containers: [{ name: 'web', image }] } },
  };
}

function applied(answer: ApplyAnswer): JsonObject {
  if (answer.kind !== 'applied') throw new Error(`expected it to be applied: ${JSON.stringify(answer)}`);
  return answer.object;
}

async function until(
  cluster: Cluster,
  address: ObjectAddress,
  satisfied: (object: JsonObject | undefined) => boolean,
): Promise<JsonObject | undefined> {
  for await (const object of cluster.watch(address, AbortSignal.timeout(30_000))) {
    if (satisfied(object)) return object;
  }
  throw new Error('the watch ended before');
}

function isAvailable(object: JsonObject): boolean {
  const conditions = valueAt(object, 'status', 'conditions');
  if (valueAt(object, 'status', 'readyReplicas') !== valueAt(object, 'spec', 'replicas')) return false;
  return (
    isJsonArray(conditions) &&
    conditions.some((entry) => isJsonObject(entry) && entry.type === 'Available' && entry.status === 'True')
  );
}

function firstContainer(object: JsonObject): Json | undefined {
  const containers = valueAt(object, 'spec', 'template', 'spec', 'containers');
  return isJsonArray(containers) ? containers[0] : undefined;
}

function names(answer: Awaited<ReturnType<Cluster['list']>>): readonly string[] {
  if (answer.kind !== 'listed') throw new Error(`expected a list: ${JSON.stringify(answer)}`);
  return answer.items.map((item) => String(valueAt(item, 'metadata', 'name')));
}

function valueAt(object: JsonObject, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const name of path) value = isJsonObject(value) ? value[name] : undefined;
  return value;
}

function fieldAt(schema: FieldSchema | undefined, ...path: readonly string[]): FieldSchema | undefined {
  return path.reduce<FieldSchema | undefined>((found, name) => found?.properties?.get(name), schema);
}
