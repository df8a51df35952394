import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAccess, ApiDocument, Condition, KubernetesApiClient, WatchEvent } from './kubernetes-api-client.ts';
import { createKubernetesApiClient } from './kubernetes-api-client.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const metadataObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const otherUid = '11111111-1111-1111-1111-111111111111';
const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const newerVersion = 'the object has been modified; please apply your changes to the latest version and try again';

const failure = (code: number, reason: string, message: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});
const configMap = (name: string, data: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
const deployment = (name: string, spec: object = {}, container: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: 'registry.example/web:1', ...container }] },
    },
    ...spec,
  },
});
const service = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
});

const conditionOf = ({ status }: ApiDocument, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);
const ownedBy = (object: ApiDocument, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

/** What Planwright relies on in a Kubernetes API; run on the sandbox cluster and on a real API server. */
export function describeKubernetesApi(name: string, connect: () => Promise<ApiAccess>): void {
  describe(`the Kubernetes API ${name}`, () => {
    const namespace = `contract-${randomUUID().slice(0, 8)}`;
    const core = `/api/v1/namespaces/${namespace}`;
    const configMaps = `${core}/configmaps`;
    const secrets = `${core}/secrets`;
    const services = `${core}/services`;
    const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    let api: KubernetesApiClient;
    let stranger: KubernetesApiClient;

    beforeAll(async () => {
      const access = await connect();
      const { ca } = access.tls;
      api = createKubernetesApiClient(access);
      stranger = createKubernetesApiClient({
        url: access.url,
        headers: { authorization: 'Bearer wrong' },
        tls: ca === undefined ? {} : { ca },
        close: async () => undefined,
      });
      await api.post('/api/v1/namespaces', { metadata: { name: namespace } });
    });
    afterAll(async () => {
      await api?.delete(`/api/v1/namespaces/${namespace}`);
      await stranger?.close();
      await api?.close();
    });

    async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        if (Date.now() > deadline) throw new Error('What the test waits for did not come within 30 s.');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    describe('tells what it is', () => {
      it('by its version and by being ready', async () => {
        expect((await api.get('/version')).body).toMatchObject({ major: '1', minor: '35' });
        expect(await api.get('/readyz')).toMatchObject({ code: 200, text: 'ok' });
      });

      it('by plain discovery of groups and resources', async () => {
        expect((await api.get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
        const apps = { groupVersion: 'apps/v1', version: 'v1' };
        const group = { name: 'apps', versions: [apps], preferredVersion: apps };
        expect((await api.get('/apis')).body).toMatchObject({
          kind: 'APIGroupList',
          groups: expect.arrayContaining([group]),
        });
        expect((await api.get('/apis/apps')).body).toMatchObject({ kind: 'APIGroup', ...group });

        const found = [await api.get('/api/v1'), await api.get('/apis/apps/v1')].flatMap(({ body }) => body.resources);
        const named = (plural: string) => found.find((resource) => resource.name === plural);
        expect(named('namespaces')).toMatchObject({ kind: 'Namespace', namespaced: false, shortNames: ['ns'] });
        expect(named('configmaps')).toMatchObject({ kind: 'ConfigMap', namespaced: true, shortNames: ['cm'] });
        expect(named('secrets')).toMatchObject({ kind: 'Secret', namespaced: true, singularName: 'secret' });
        expect(named('services')).toMatchObject({ kind: 'Service', namespaced: true, shortNames: ['svc'] });
        expect(named('deployments')).toMatchObject({ kind: 'Deployment', namespaced: true, categories: ['all'] });
        for (const plural of ['namespaces', 'configmaps', 'secrets', 'services', 'deployments']) {
          expect(named(plural)?.verbs).toEqual(expect.arrayContaining(verbs));
        }
      });

      it('by aggregated discovery', async () => {
        const legacy = await api.get('/api', aggregated);
        expect(legacy.headers['content-type']).toBe(aggregated);
        const resource = (plural: string, kind: string, scope: string): unknown =>
          expect.objectContaining({
            resource: plural,
            responseKind: expect.objectContaining({ kind }),
            scope,
            singularResource: kind.toLowerCase(),
            verbs: expect.arrayContaining(verbs),
          });
        expect(legacy.body).toMatchObject({
          kind: 'APIGroupDiscoveryList',
          apiVersion: 'apidiscovery.k8s.io/v2',
          items: [
            {
              versions: [
                {
                  version: 'v1',
                  freshness: 'Current',
                  resources: expect.arrayContaining([
                    resource('namespaces', 'Namespace', 'Cluster'),
                    resource('configmaps', 'ConfigMap', 'Namespaced'),
                    resource('secrets', 'Secret', 'Namespaced'),
                    resource('services', 'Service', 'Namespaced'),
                  ]),
                },
              ],
            },
          ],
        });
        const version = expect.objectContaining({
          version: 'v1',
          resources: expect.arrayContaining([resource('deployments', 'Deployment', 'Namespaced')]),
        });
        expect((await api.get('/apis', aggregated)).body.items).toContainEqual({
          metadata: expect.objectContaining({ name: 'apps' }),
          versions: [version],
        });
      });

      it('in plain form when the client takes that too, else refuses', async () => {
        expect((await api.get('/apis', `application/json;g=x;v=v1;as=Y,application/json`)).body.kind).toBe(
          'APIGroupList',
        );
        expect(
          await api.get('/apis', 'application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList'),
        ).toMatchObject({
          code: 406,
          body: { reason: 'NotAcceptable', code: 406 },
        });
      });

      it('by OpenAPI documents that are found through their hash', async () => {
        const { text } = await api.get('/openapi/v3');
        const { paths }: { paths: Record<string, { serverRelativeURL: string }> } = JSON.parse(text);
        for (const path of ['api/v1', 'apis/apps/v1']) {
          const url = paths[path]?.serverRelativeURL ?? '';
          expect(url).toMatch(new RegExp(`^/openapi/v3/${path}\\?hash=[0-9A-F]+$`));
          const document = await api.get(url);
          expect(document.headers['cache-control']).toBe('public, immutable');
          expect(document.headers.etag).toBe(`"${url.split('=')[1]}"`);
          expect(await api.get(`/openapi/v3/${path}?hash=OLD`)).toMatchObject({
            code: 301,
            headers: { location: url },
          });
        }
      });

      it('with the schema that server-side apply follows', async () => {
        const documents = [await api.get('/openapi/v3/api/v1'), await api.get('/openapi/v3/apis/apps/v1')];
        const schemas = Object.assign({}, ...documents.map(({ text }) => JSON.parse(text).components.schemas));
        expect(schemas['io.k8s.api.apps.v1.Deployment']['x-kubernetes-group-version-kind']).toEqual([
          { group: 'apps', kind: 'Deployment', version: 'v1' },
        ]);
        expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          'x-kubernetes-patch-strategy': 'merge',
          'x-kubernetes-patch-merge-key': 'name',
        });
        expect(schemas['io.k8s.api.core.v1.Container'].properties.ports['x-kubernetes-list-map-keys']).toEqual([
          'containerPort',
          'protocol',
        ]);
        expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']['x-kubernetes-map-type']).toBe('atomic');
        expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'].properties.finalizers).toMatchObject({
          'x-kubernetes-list-type': 'set',
        });
        expect(schemas['io.k8s.api.core.v1.ServicePort'].properties.protocol).toMatchObject({ default: 'TCP' });
        expect(schemas['io.k8s.apimachinery.pkg.api.resource.Quantity'].oneOf).toHaveLength(2);
      });

      it('by namespaces of its own, one of which gives it its identity', async () => {
        const first = (await api.get('/api/v1/namespaces/kube-system')).body;
        expect(first).toMatchObject({ kind: 'Namespace', apiVersion: 'v1', status: { phase: 'Active' } });
        expect(first.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect((await api.get('/api/v1/namespaces/kube-system')).body.metadata.uid).toBe(first.metadata.uid);
        expect((await api.get('/api/v1/namespaces/default')).code).toBe(200);
        const forbidden = await api.delete('/api/v1/namespaces/kube-system');
        expect(forbidden.body).toMatchObject(
          failure(403, 'Forbidden', 'namespaces "kube-system" is forbidden: this namespace may not be deleted'),
        );
      });
    });

    describe('knows who asks', () => {
      it('and refuses a token that it does not know', async () => {
        const answer = await stranger.get('/api/v1/namespaces');
        expect(answer.code).toBe(401);
        expect(answer.body).toMatchObject(failure(401, 'Unauthorized', 'Unauthorized'));
      });

      it('and lets a permitted client act for somebody else', async () => {
        const headers = { 'impersonate-user': 'planner', 'impersonate-group': 'system:masters' };
        expect((await api.call('GET', '/api/v1/namespaces/default', { headers })).code).toBe(200);
      });
    });

    describe('refuses what it does not serve', () => {
      it('with 404 for resources, objects and paths', async () => {
        const noResource = failure(404, 'NotFound', 'the server could not find the requested resource');
        expect((await api.get('/api/v1/unicorns')).body).toMatchObject(noResource);
        expect((await api.get(`/apis/apps/v1/namespaces/${namespace}/unicorns/one`)).body).toMatchObject(noResource);
        expect((await api.get('/api/v1/configmaps/one')).body).toMatchObject(noResource);
        expect(await api.get('/apis/unicorns.example/v1/unicorns')).toMatchObject({
          code: 404,
          text: '404 page not found\n',
        });
        const noObject = await api.get(`${configMaps}/absent`);
        expect(noObject.code).toBe(404);
        expect(noObject.body).toMatchObject({
          ...failure(404, 'NotFound', 'configmaps "absent" not found'),
          details: { name: 'absent', kind: 'configmaps' },
        });
        expect((await api.get(`${deployments}/absent`)).body).toMatchObject({
          ...failure(404, 'NotFound', 'deployments.apps "absent" not found'),
          details: { name: 'absent', group: 'apps', kind: 'deployments' },
        });
      });

      it('with 404 for a write to a namespace that does not exist', async () => {
        const absent = {
          ...failure(404, 'NotFound', 'namespaces "absent" not found'),
          details: { name: 'absent', kind: 'namespaces' },
        };
        const path = '/api/v1/namespaces/absent/configmaps';
        expect((await api.post(path, configMap('one', {}))).body).toMatchObject(absent);
        expect((await api.apply(`${path}/one`, configMap('one', {}))).body).toMatchObject(absent);
        expect((await api.apply(`${path}/one`, configMap('one', {}), { query: 'dryRun=All' })).body).toMatchObject(
          absent,
        );
        expect(await api.get(path)).toMatchObject({ code: 200, body: { kind: 'ConfigMapList', items: [] } });
        expect((await api.get(`${path}/one`)).body.message).toBe('configmaps "one" not found');
      });

      it('with 405 for methods and 415 for media types', async () => {
        const noMethod = failure(
          405,
          'MethodNotAllowed',
          'the server does not allow this method on the requested resource',
        );
        expect((await api.put(configMaps, {})).body).toMatchObject(noMethod);
        expect((await api.post(`${configMaps}/one`, {})).body).toMatchObject(noMethod);
        expect((await api.delete('/api/v1/namespaces')).body).toMatchObject(noMethod);
        const headers = { 'content-type': 'text/plain' };
        const noType = { code: 415, body: { reason: 'UnsupportedMediaType' } };
        expect(await api.call('PATCH', `${configMaps}/one?fieldManager=m`, { body: '{}', headers })).toMatchObject(
          noType,
        );
        expect(await api.call('POST', configMaps, { body: '{}', headers })).toMatchObject(noType);
      });

      it('with 400 for a body that is not the object of the URL', async () => {
        const path = `${configMaps}/one`;
        const mismatch = async (body: unknown, message: string): Promise<void> => {
          expect((await api.apply(path, body)).body).toMatchObject(failure(400, 'BadRequest', message));
        };
        await mismatch(configMap('two', {}), 'the name of the object (two) does not match the name on the URL (one)');
        await mismatch({ ...configMap('one', {}), kind: 'Secret' }, 'invalid object type: /v1, Kind=Secret');
        await mismatch(
          { ...configMap('one', {}), apiVersion: 'apps/v1' },
          'invalid object type: apps/v1, Kind=ConfigMap',
        );
        await mismatch(
          configMap('one', {}, { namespace: 'elsewhere' }),
          'the namespace of the provided object does not match the namespace sent on the request',
        );
        await mismatch(configMap('one', {}, { managedFields: [{}] }), 'metadata.managedFields must be nil');
        const unreadable = await api.apply(path, 'apiVersion: v1\n  kind: [');
        expect(unreadable).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
        expect(unreadable.body.message).toContain('error decoding YAML');
      });

      it('with 422 for options that it does not know', async () => {
        const path = `${configMaps}/one`;
        const headers = { 'content-type': 'application/apply-patch+yaml' };
        const nameless = await api.call('PATCH', path, { body: configMap('one', {}), headers });
        expect(nameless.body).toMatchObject({
          ...failure(
            422,
            'Invalid',
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
          ),
          details: { causes: [{ reason: 'FieldValueRequired', field: 'fieldManager' }] },
        });
        const half = await api.apply(path, configMap('one', {}), { query: 'dryRun=Half' });
        expect(half).toMatchObject({ code: 422, body: { details: { causes: [{ field: 'dryRun' }] } } });
        const orphaned = await api.delete(path, { propagationPolicy: 'Sideways' });
        expect(orphaned).toMatchObject({ code: 422, body: { details: { causes: [{ field: 'propagationPolicy' }] } } });
      });
    });

    describe('keeps objects', () => {
      it('through create, read, replace and delete', async () => {
        const created = await api.post(configMaps, configMap('kept', { a: '1' }, { labels: { app: 'kept' } }));
        expect(created.code).toBe(201);
        expect(created.body).toMatchObject({
          kind: 'ConfigMap',
          apiVersion: 'v1',
          metadata: { name: 'kept', namespace, labels: { app: 'kept' }, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
          data: { a: '1' },
        });
        const path = `${configMaps}/kept`;
        expect((await api.get(path)).body).toEqual(created.body);

        const replaced = await api.put(path, configMap('kept', { b: '2' }));
        expect(replaced.body).toMatchObject({ metadata: { uid: created.body.metadata.uid }, data: { b: '2' } });
        expect(replaced.body.metadata.labels).toBeUndefined();
        expect(replaced.body.metadata.resourceVersion).not.toBe(created.body.metadata.resourceVersion);

        const deleted = await api.delete(path);
        expect(deleted.body).toMatchObject({
          kind: 'Status',
          status: 'Success',
          details: { name: 'kept', kind: 'configmaps', uid: created.body.metadata.uid },
        });
        expect((await api.get(path)).code).toBe(404);
        expect((await api.delete(path)).body.message).toBe('configmaps "kept" not found');
        expect((await api.put(path, configMap('kept', {}))).code).toBe(404);
      });

      it('under a name of its own when only a prefix is given', async () => {
        const { body } = await api.post(configMaps, { metadata: { generateName: 'made-' } });
        expect(body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
      });

      it('and refuses to create one twice', async () => {
        await api.post(configMaps, configMap('twice', {}));
        const again = await api.post(configMaps, configMap('twice', {}));
        expect(again.code).toBe(409);
        expect(again.body).toMatchObject({
          ...failure(409, 'AlreadyExists', 'configmaps "twice" already exists'),
          details: { name: 'twice', kind: 'configmaps' },
        });
      });

      it('and replaces only the version that the client has seen', async () => {
        await api.post(configMaps, configMap('seen', { a: '1' }));
        const stale = await api.put(`${configMaps}/seen`, configMap('seen', { a: '2' }, { resourceVersion: '1' }));
        expect(stale.code).toBe(409);
        expect(stale.body).toMatchObject({
          ...failure(409, 'Conflict', `Operation cannot be fulfilled on configmaps "seen": ${newerVersion}`),
          details: { name: 'seen', kind: 'configmaps' },
        });
        const other = await api.put(`${configMaps}/seen`, configMap('seen', { a: '2' }, { uid: otherUid }));
        expect(other).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
        expect((await api.get(`${configMaps}/seen`)).body.data).toEqual({ a: '1' });
      });

      it('and deletes only what the preconditions name', async () => {
        const { metadata } = (await api.post(configMaps, configMap('guarded', {}))).body;
        const path = `${configMaps}/guarded`;
        const wrongUid = await api.delete(path, { preconditions: { uid: otherUid } });
        expect(wrongUid.body).toMatchObject(
          failure(
            409,
            'Conflict',
            `Operation cannot be fulfilled on ConfigMap "guarded": the UID in the precondition (${otherUid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
          ),
        );
        const wrongVersion = await api.delete(path, { preconditions: { resourceVersion: '1' } });
        expect(wrongVersion.body).toMatchObject(
          failure(
            409,
            'Conflict',
            `Operation cannot be fulfilled on ConfigMap "guarded": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
          ),
        );
        const { uid, resourceVersion } = metadata;
        expect((await api.delete(path, { preconditions: { uid, resourceVersion } })).code).toBe(200);
      });

      it('and changes nothing in a dry-run', async () => {
        const created = await api.call('POST', `${configMaps}?dryRun=All`, { body: configMap('dry', {}) });
        expect(created.code).toBe(201);
        expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(created.body.metadata.resourceVersion).toBeUndefined();
        expect((await api.get(`${configMaps}/dry`)).code).toBe(404);

        const stored = (await api.post(configMaps, configMap('wet', { a: '1' }))).body;
        const path = `${configMaps}/wet`;
        expect((await api.delete(`${path}?dryRun=All`)).body).toMatchObject({ status: 'Success' });
        expect((await api.delete(path, { dryRun: ['All'] })).body).toMatchObject({ status: 'Success' });
        const replaced = await api.call('PUT', `${path}?dryRun=All`, { body: configMap('wet', { a: '2' }) });
        expect(replaced.body.data).toEqual({ a: '2' });
        expect((await api.get(path)).body).toEqual(stored);
      });

      it('and reads the options of a delete from its query only when there is no body', async () => {
        await api.post(configMaps, configMap('really', {}));
        expect((await api.delete(`${configMaps}/really?dryRun=All`, {})).code).toBe(200);
        expect((await api.get(`${configMaps}/really`)).code).toBe(404);
      });

      it('and waits for their finalizers before they go', async () => {
        const path = `${configMaps}/held`;
        await api.apply(path, configMap('held', {}, { finalizers: ['example.com/hold'] }));
        const ending = await api.delete(path);
        expect(ending.body.metadata).toMatchObject({
          deletionTimestamp: expect.any(String),
          deletionGracePeriodSeconds: 0,
          finalizers: ['example.com/hold'],
        });
        expect((await api.get(path)).code).toBe(200);
        expect((await api.apply(path, configMap('held', {}))).code).toBe(200);
        expect((await api.get(path)).code).toBe(404);
      });

      it('and collects in the foreground when it is asked to', async () => {
        await api.post(configMaps, configMap('fore', {}));
        const path = `${configMaps}/fore`;
        const ending = await api.delete(path, { propagationPolicy: 'Foreground' });
        expect(ending.body.metadata).toMatchObject({ finalizers: ['foregroundDeletion'] });
        await until(async () => ((await api.get(path)).code === 404 ? true : undefined));
      });

      it('and warns of unknown fields, or refuses them when told to be strict', async () => {
        const lenient = await api.post(configMaps, { ...configMap('odd', {}), dat: { a: '1' } });
        expect(lenient).toMatchObject({ code: 201, headers: { warning: '299 - "unknown field \\"dat\\""' } });
        const strict = await api.post(`${configMaps}?fieldValidation=Strict`, { ...configMap('odd2', {}), dat: {} });
        expect(strict.body).toMatchObject(
          failure(
            400,
            'BadRequest',
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
          ),
        );
        const typed = await api.post(configMaps, configMap('odd3', { a: 5 }));
        expect(typed.body).toMatchObject(
          failure(
            400,
            'BadRequest',
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
          ),
        );
      });
    });

    describe('lists', () => {
      beforeAll(async () => {
        for (const [index, tier] of ['front', 'front', 'back', 'back'].entries()) {
          const labels = { suite: 'lists', tier, ...(index === 0 ? { first: 'yes' } : {}) };
          await api.post(configMaps, configMap(`listed-${index}`, { n: String(index) }, { labels }));
        }
      });

      const namesOf = async (query: string): Promise<readonly string[]> =>
        (await api.get(`${configMaps}?${query}`)).body.items.map((item) => item.metadata.name);

      it('what labels select', async () => {
        const select = (selector: string) => namesOf(`labelSelector=${encodeURIComponent(selector)}`);
        expect(await select('suite=lists,tier=front')).toEqual(['listed-0', 'listed-1']);
        expect(await select('suite==lists,tier!=front')).toEqual(['listed-2', 'listed-3']);
        expect(await select('suite=lists,tier in (front, back),!first')).toEqual(['listed-1', 'listed-2', 'listed-3']);
        expect(await select('suite=lists,tier notin (back)')).toEqual(['listed-0', 'listed-1']);
        expect(await select('suite=lists,first')).toEqual(['listed-0']);
        const broken = await api.get(`${configMaps}?labelSelector=${encodeURIComponent('a===')}`);
        expect(broken).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
        expect(broken.body.message).toContain('unable to parse requirement');
      });

      it('what a name selects', async () => {
        expect(await namesOf('fieldSelector=metadata.name%3Dlisted-2')).toEqual(['listed-2']);
        expect(await api.get(`${configMaps}?fieldSelector=data.n%3D1`)).toMatchObject({ code: 400 });
      });

      it('in pages that show one moment', async () => {
        const first = (await api.get(`${configMaps}?labelSelector=suite%3Dlists&limit=3`)).body;
        expect(first).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
        expect(first.items.map((item) => item.metadata.name)).toEqual(['listed-0', 'listed-1', 'listed-2']);
        const token = encodeURIComponent(first.metadata.continue ?? '');
        await api.delete(`${configMaps}/listed-3`);
        const second = (await api.get(`${configMaps}?labelSelector=suite%3Dlists&limit=3&continue=${token}`)).body;
        expect(second.items.map((item) => item.metadata.name)).toEqual(['listed-3']);
        expect(second.metadata.continue).toBeUndefined();
        expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
        await api.post(configMaps, configMap('listed-3', {}, { labels: { suite: 'lists', tier: 'back' } }));
        expect(await api.get(`${configMaps}?limit=3&continue=zzz`)).toMatchObject({
          code: 400,
          body: { reason: 'BadRequest' },
        });
      });

      it('without repeating the kind in each item, or only metadata', async () => {
        const query = 'labelSelector=suite%3Dlists,first';
        const [item] = (await api.get(`${configMaps}?${query}`)).body.items;
        expect(item).not.toHaveProperty('kind');
        const partial = (await api.get(`${configMaps}?${query}`, metadataList)).body;
        expect(partial).toMatchObject({
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          items: [
            { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'listed-0', namespace } },
          ],
        });
        expect(partial.items[0]).not.toHaveProperty('data');
        const one = (await api.get(`${configMaps}/listed-0`, metadataObject)).body;
        expect(one).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'listed-0' } });
        expect(one).not.toHaveProperty('data');
      });

      it('a kind in all namespaces', async () => {
        const { items } = (await api.get('/api/v1/configmaps?labelSelector=suite%3Dlists')).body;
        expect(items.filter((item) => item.metadata.name.startsWith('listed-')).length).toBeGreaterThanOrEqual(4);
      });
    });

    describe('applies', () => {
      it('what is absent with 201, and what exists with 200', async () => {
        const path = `${configMaps}/applied`;
        const created = await api.apply(path, configMap('applied', { a: '1', b: '2' }));
        expect(created.code).toBe(201);
        expect(created.body.metadata.managedFields).toEqual([
          {
            manager: 'suite',
            operation: 'Apply',
            apiVersion: 'v1',
            time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } },
          },
        ]);
        const changed = await api.apply(path, configMap('applied', { a: '1', b: '3' }));
        expect(changed).toMatchObject({ code: 200, body: { data: { a: '1', b: '3' } } });
      });

      it('YAML as well as JSON, with the last of two keys unless strict', async () => {
        const path = `${configMaps}/yaml`;
        const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata:\n  on: "1"\n  plain: text\n';
        expect((await api.apply(path, yaml)).body.data).toEqual({ true: '1', plain: 'text' });
        const twice = `${yaml}data: {last: counts}\n`;
        const strict = await api.apply(path, twice, { query: 'fieldValidation=Strict' });
        expect(strict).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
        expect(strict.body.message).toContain('error strict decoding YAML');
        const lenient = await api.apply(path, twice);
        expect(lenient).toMatchObject({ code: 200, body: { data: { last: 'counts' } } });
        expect(lenient.headers.warning).toMatch(/^299 - "line 7/);
      });

      it('the same again without a new version', async () => {
        const path = `${configMaps}/same`;
        const first = await api.apply(path, configMap('same', { a: '1' }));
        const second = await api.apply(path, configMap('same', { a: '1' }));
        expect(second.code).toBe(200);
        expect(second.body).toEqual(first.body);
      });

      it('in a dry-run that changes nothing', async () => {
        const path = `${configMaps}/tried`;
        const absent = await api.apply(path, configMap('tried', { a: '1' }), { query: 'dryRun=All' });
        expect(absent).toMatchObject({ code: 201, body: { data: { a: '1' } } });
        expect(absent.body.metadata.resourceVersion).toBeUndefined();
        expect((await api.get(path)).code).toBe(404);
        const stored = (await api.apply(path, configMap('tried', { a: '1' }))).body;
        const tried = (await api.apply(path, configMap('tried', { b: '2' }), { query: 'dryRun=All' })).body;
        expect(tried.data).toEqual({ b: '2' });
        expect(tried.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
        expect((await api.get(path)).body).toEqual(stored);
      });

      it('and removes what it applied before and nobody else owns', async () => {
        const path = `${configMaps}/shrinking`;
        await api.apply(path, configMap('shrinking', { mine: '1', ours: '2' }, { labels: { a: 'b' } }));
        await api.apply(path, configMap('shrinking', { ours: '2', theirs: '3' }), { manager: 'other' });
        const { body } = await api.apply(path, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'shrinking' },
        });
        expect(body.data).toEqual({ ours: '2', theirs: '3' });
        expect(body.metadata.labels).toBeUndefined();
        expect(body.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['other']);
      });

      it('and tells who owns what it may not change', async () => {
        const path = `${configMaps}/contested`;
        await api.apply(path, configMap('contested', { a: '1', b: '1' }), { manager: 'owner' });
        const one = await api.apply(path, configMap('contested', { a: '1', b: '2' }));
        expect(one.code).toBe(409);
        expect(one.body).toMatchObject({
          ...failure(409, 'Conflict', 'Apply failed with 1 conflict: conflict with "owner": .data.b'),
          details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "owner"', field: '.data.b' }] },
        });
        const two = await api.apply(path, configMap('contested', { a: '2', b: '2' }));
        expect(two.body.message).toBe('Apply failed with 2 conflicts: conflicts with "owner":\n- .data.a\n- .data.b');
      });

      it('and takes over by force, for good', async () => {
        const path = `${configMaps}/forced`;
        await api.apply(path, configMap('forced', { a: '1', b: '1' }), { manager: 'owner' });
        const forced = await api.apply(path, configMap('forced', { a: '2' }), { query: 'force=true' });
        expect(forced).toMatchObject({ code: 200, body: { data: { a: '2', b: '1' } } });
        expect(ownedBy(forced.body, 'owner')).toEqual({ 'f:data': { 'f:b': {} } });
        expect(ownedBy(forced.body, 'suite')).toEqual({ 'f:data': { 'f:a': {} } });
        const back = await api.apply(path, configMap('forced', { a: '1', b: '1' }), { manager: 'owner' });
        expect(back.body.message).toBe('Apply failed with 1 conflict: conflict with "suite": .data.a');
      });

      it('and shares what two managers set alike', async () => {
        const path = `${configMaps}/shared`;
        await api.apply(path, configMap('shared', { a: '1' }), { manager: 'owner' });
        const { body } = await api.apply(path, configMap('shared', { a: '1' }));
        expect(ownedBy(body, 'owner')).toEqual({ 'f:data': { 'f:a': {} } });
        expect(ownedBy(body, 'suite')).toEqual({ 'f:data': { 'f:a': {} } });
      });

      it('only to the version that it was given', async () => {
        const path = `${configMaps}/versioned`;
        const { resourceVersion } = (await api.apply(path, configMap('versioned', { a: '1' }))).body.metadata;
        const stale = await api.apply(path, configMap('versioned', { a: '2' }, { resourceVersion: '1' }));
        expect(stale.body).toMatchObject(
          failure(409, 'Conflict', `Operation cannot be fulfilled on configmaps "versioned": ${newerVersion}`),
        );
        expect((await api.apply(path, configMap('versioned', { a: '3' }, { resourceVersion }))).code).toBe(200);
      });

      it('only to the object that it was given', async () => {
        const path = `${configMaps}/identified`;
        const { uid } = (await api.apply(path, configMap('identified', { a: '1' }))).body.metadata;
        const other = await api.apply(path, configMap('identified', { a: '2' }, { uid: otherUid }));
        expect(other).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
        expect(other.body.message).toContain('metadata.uid: Invalid value');
        expect((await api.apply(path, configMap('identified', { a: '2' }, { uid }))).code).toBe(200);
      });

      it('nothing with a field that the schema does not have', async () => {
        const unknown = await api.apply(`${configMaps}/unknown`, { ...configMap('unknown', {}), dat: {} });
        expect(unknown.code).toBe(500);
        expect(unknown.body).toMatchObject({
          kind: 'Status',
          status: 'Failure',
          code: 500,
          message:
            'failed to create typed patch object (/unknown; /v1, Kind=ConfigMap): .dat: field not declared in schema',
        });
        const deep = await api.apply(`${deployments}/deep`, deployment('deep', {}, { comand: ['x'] }), {
          query: 'fieldValidation=Strict&dryRun=All',
        });
        expect(deep).toMatchObject({
          code: 500,
          body: {
            message:
              'failed to create typed patch object (/deep; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].comand: field not declared in schema',
          },
        });
      });

      it('nothing with two items of one key, or a value of a wrong type', async () => {
        const env = [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ];
        const doubled = await api.apply(`${deployments}/doubled`, deployment('doubled', {}, { env }));
        expect(doubled).toMatchObject({
          code: 500,
          body: {
            message:
              'failed to create typed patch object (/doubled; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].env: duplicate entries for key [name="A"]',
          },
        });
        const ports = await api.apply(
          `${services}/doubled`,
          service('doubled', { ports: [{ port: 80 }, { port: 80 }] }),
        );
        expect(ports.body.message).toBe(
          'failed to create typed patch object (/doubled; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
        );
        const typed = await api.apply(`${deployments}/typed`, deployment('typed', { replicas: 'two' }));
        expect(typed.body.message).toBe(
          'failed to create typed patch object (/typed; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
        );
      });

      it('lists by their keys, each item owned alone', async () => {
        const path = `${deployments}/keyed`;
        const web = { name: 'web', image: 'registry.example/web:1' };
        const side = { name: 'side', image: 'registry.example/side:1' };
        const { body } = await api.apply(path, deployment('keyed', {}, { ports: [{ containerPort: 80 }] }));
        expect(ownedBy(body, 'suite')).toEqual({
          'f:spec': {
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        });
        const sidecar = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'keyed' } };
        const withSide = { ...sidecar, spec: { template: { spec: { containers: [side] } } } };
        const both = await api.apply(path, withSide, { manager: 'injector' });
        expect(both.body.spec).toMatchObject({ template: { spec: { containers: [web, side] } } });
        const clash = { ...sidecar, spec: { template: { spec: { containers: [{ ...web, image: 'other' }] } } } };
        expect((await api.apply(path, clash, { manager: 'injector' })).body.message).toBe(
          'Apply failed with 1 conflict: conflict with "suite": .spec.template.spec.containers[name="web"].image',
        );
        const without = await api.apply(path, sidecar, { manager: 'injector' });
        expect(without.body.spec).toMatchObject({ template: { spec: { containers: [web] } } });
        expect(without.body.metadata.managedFields?.some((entry) => entry.manager === 'injector')).toBe(false);
      });

      it('lists in the order of the request', async () => {
        const path = `${deployments}/ordered`;
        const env = (...names: string[]): object => ({ env: names.map((name) => ({ name, value: '1' })) });
        await api.apply(path, deployment('ordered', {}, env('A', 'B', 'C')));
        const { body } = await api.apply(path, deployment('ordered', {}, env('C', 'A', 'B', 'D')));
        expect(body.spec).toMatchObject({ template: { spec: { containers: [env('C', 'A', 'B', 'D')] } } });
      });

      it('lists around the items of others', async () => {
        const path = `${deployments}/around`;
        const env = (...names: string[]): object => ({ env: names.map((name) => ({ name, value: '1' })) });
        await api.apply(path, deployment('around', {}, env('A', 'B', 'C')));
        const inserted = { template: { spec: { containers: [{ name: 'web', ...env('Z', 'B') }] } } };
        const injected = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'around' }, spec: inserted };
        const { body } = await api.apply(path, injected, { manager: 'injector' });
        expect(body.spec).toMatchObject({ template: { spec: { containers: [env('A', 'Z', 'B', 'C')] } } });
      });

      it('sets by value and selectors as one', async () => {
        const path = `${configMaps}/set`;
        const held = (...finalizers: string[]): object => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'set', ...(finalizers.length === 0 ? {} : { finalizers }) },
        });
        const { body } = await api.apply(path, held('example.com/a'));
        expect(ownedBy(body, 'suite')).toEqual({ 'f:metadata': { 'f:finalizers': { 'v:"example.com/a"': {} } } });
        const more = await api.apply(path, held('example.com/b'), { manager: 'other' });
        expect(more.body.metadata).toMatchObject({ finalizers: ['example.com/a', 'example.com/b'] });
        expect((await api.apply(path, held())).body.metadata).toMatchObject({ finalizers: ['example.com/b'] });
        const none = await api.apply(path, held(), { manager: 'other' });
        expect(none.body.metadata).not.toHaveProperty('finalizers');

        const spec = { selector: { app: 'a' }, ports: [{ port: 80 }] };
        const owned = await api.apply(`${services}/atomic`, service('atomic', spec));
        expect(ownedBy(owned.body, 'suite')).toEqual({
          'f:spec': {
            'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
            'f:selector': {},
          },
        });
        const conflict = await api.apply(`${services}/atomic`, service('atomic', { selector: { tier: 'b' } }), {
          manager: 'other',
        });
        expect(conflict.body.message).toBe('Apply failed with 1 conflict: conflict with "suite": .spec.selector');
      });
    });

    describe('lets others change what was applied', () => {
      it('by a merge patch, which takes the fields over', async () => {
        const path = `${configMaps}/drifting`;
        await api.apply(path, configMap('drifting', { a: '1', b: '1', c: '1' }));
        const patched = await api.mergePatch(path, { data: { a: '2', b: null, d: '4' } }, 'hand');
        expect(patched).toMatchObject({ code: 200, body: { data: { a: '2', c: '1', d: '4' } } });
        expect(ownedBy(patched.body, 'suite')).toEqual({ 'f:data': { 'f:c': {} } });
        expect(ownedBy(patched.body, 'hand')).toEqual({ 'f:data': { 'f:a': {}, 'f:d': {} } });
        const back = await api.apply(path, configMap('drifting', { a: '1', b: '1', c: '1' }));
        expect(back.body).toMatchObject({
          message: 'Apply failed with 1 conflict: conflict with "hand" using v1: .data.a',
          details: { causes: [{ message: 'conflict with "hand" using v1', field: '.data.a' }] },
        });
        const same = await api.mergePatch(path, { data: { a: '2' } }, 'hand');
        expect(same.body).toEqual(patched.body);
      });

      it('by a merge patch, of the version that it names', async () => {
        const path = `${configMaps}/patched`;
        await api.apply(path, configMap('patched', { a: '1' }));
        const stale = await api.mergePatch(path, { metadata: { resourceVersion: '1' }, data: { a: '2' } }, 'hand');
        expect(stale.body.message).toBe(`Operation cannot be fulfilled on configmaps "patched": ${newerVersion}`);
        expect((await api.mergePatch(`${configMaps}/absent`, {}, 'hand')).code).toBe(404);
        const typed = await api.mergePatch(path, { data: { a: 1 } }, 'hand');
        expect(typed).toMatchObject({ code: 422, body: { details: { causes: [{ field: 'patch' }] } } });
        const cut = await api.mergePatch(path, '{"data":', 'hand');
        expect(cut).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
      });

      it('by creating and replacing, named after their user agent', async () => {
        const { body } = await api.post(configMaps, configMap('posted', { a: '1' }, { labels: { app: 'x' } }));
        const [entry] = body.metadata.managedFields ?? [];
        expect(entry).toMatchObject({ manager: 'contract-suite', operation: 'Update' });
        expect(entry?.fieldsV1).toEqual({
          'f:data': { '.': {}, 'f:a': {} },
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        });
        const replaced = await api.put(
          `${configMaps}/posted?fieldManager=putter`,
          configMap('posted', { a: '1', b: '2' }),
        );
        expect(ownedBy(replaced.body, 'putter')).toEqual({ 'f:data': { 'f:b': {} } });
        expect(ownedBy(replaced.body, 'contract-suite')).toEqual({ 'f:data': { '.': {}, 'f:a': {} } });
      });

      it('and keeps what stood there before anything was tracked', async () => {
        await api.post(configMaps, { metadata: { name: 'untracked' } });
        const path = `${configMaps}/untracked`;
        expect((await api.mergePatch(path, { data: { a: '1' } }, 'hand')).body.metadata.managedFields).toBeUndefined();
        const { body } = await api.apply(path, configMap('untracked', { b: '1' }));
        expect(body.data).toEqual({ a: '1', b: '1' });
        expect(ownedBy(body, 'before-first-apply')).toEqual({ 'f:data': { '.': {}, 'f:a': {} } });
      });
    });

    describe('fills in', () => {
      it('what a Deployment does not say', async () => {
        const resources = { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: 1.5, memory: '1.5Gi' } };
        const volumes = [
          { name: 'config', configMap: { name: 'x' } },
          { name: 'scratch', emptyDir: {} },
        ];
        const container = {
          ports: [{ containerPort: 80 }],
          resources,
          env: [
            { name: 'EMPTY', value: '' },
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
          livenessProbe: { httpGet: { path: '/', port: 80 } },
          volumeMounts: [{ name: 'config', mountPath: '/config' }],
        };
        const full = {
          minReadySeconds: 0,
          template: {
            metadata: { labels: { app: 'filled' } },
            spec: { volumes, containers: [{ name: 'web', image: 'web', tty: false, args: [], ...container }] },
          },
        };
        const created = await api.apply(`${deployments}/filled`, deployment('filled', full), { query: 'dryRun=All' });
        expect(created.code).toBe(201);
        expect(created.body.metadata.generation).toBe(1);
        expect(created.body).toMatchObject({ status: {} });
        expect(created.body.spec).toEqual({
          replicas: 1,
          selector: { matchLabels: { app: 'filled' } },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
          revisionHistoryLimit: 10,
          progressDeadlineSeconds: 600,
          template: {
            metadata: { labels: { app: 'filled' } },
            spec: {
              volumes: [
                { name: 'config', configMap: { name: 'x', defaultMode: 420 } },
                { name: 'scratch', emptyDir: {} },
              ],
              containers: [
                {
                  name: 'web',
                  image: 'web',
                  ports: [{ containerPort: 80, protocol: 'TCP' }],
                  env: [
                    { name: 'EMPTY' },
                    { name: 'POD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
                  ],
                  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1500m', memory: '1536Mi' } },
                  volumeMounts: [{ name: 'config', mountPath: '/config' }],
                  livenessProbe: {
                    httpGet: { path: '/', port: 80, scheme: 'HTTP' },
                    timeoutSeconds: 1,
                    periodSeconds: 10,
                    successThreshold: 1,
                    failureThreshold: 3,
                  },
                  terminationMessagePath: '/dev/termination-log',
                  terminationMessagePolicy: 'File',
                  imagePullPolicy: 'Always',
                },
              ],
              restartPolicy: 'Always',
              terminationGracePeriodSeconds: 30,
              dnsPolicy: 'ClusterFirst',
              securityContext: {},
              schedulerName: 'default-scheduler',
            },
          },
        });
      });

      it('what a Deployment may say otherwise', async () => {
        const spec = { replicas: 0, strategy: { type: 'Recreate' } };
        const { body } = await api.apply(`${deployments}/other`, deployment('other', spec), { query: 'dryRun=All' });
        expect(body.spec).toMatchObject({ replicas: 0, strategy: { type: 'Recreate' } });
        expect(body.spec).not.toHaveProperty('strategy.rollingUpdate');
        expect(body.spec).toMatchObject({ template: { spec: { containers: [{ imagePullPolicy: 'IfNotPresent' }] } } });
      });

      it.each([
        ['100m', '100m'],
        ['0.1', '100m'],
        ['1500m', '1500m'],
        ['2000m', '2'],
        ['1e3', '1e3'],
        ['0', '0'],
        ['1000', '1k'],
        ['1000Mi', '1000Mi'],
        ['2048Mi', '2Gi'],
        ['0.5Gi', '512Mi'],
        ['1M', '1M'],
        ['1024', '1024'],
        ['128974848', '128974848'],
        ['129e6', '129e6'],
        ['123Mi', '123Mi'],
        ['1.5', '1500m'],
        ['0.5Ki', '512'],
        ['1.1Ki', '1126400m'],
        ['1500e-3', '1500e-3'],
      ])('the one form of the quantity %s: %s', async (written, stored) => {
        const body = deployment('quantity', {}, { resources: { limits: { memory: written } } });
        const answer = await api.apply(`${deployments}/quantity`, body, { query: 'dryRun=All' });
        expect(answer.body.spec).toMatchObject({
          template: { spec: { containers: [{ resources: { limits: { memory: stored } } }] } },
        });
      });

      it('addresses and ports of Services', async () => {
        const { body } = await api.apply(`${services}/plain`, service('plain', { ports: [{ port: 80 }] }));
        expect(body.spec).toEqual({
          type: 'ClusterIP',
          clusterIP: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
          clusterIPs: [expect.any(String)],
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
        });
        expect(body.status).toEqual({ loadBalancer: {} });
        const again = await api.apply(
          `${services}/plain`,
          service('plain', { ports: [{ port: 80, targetPort: 'http' }] }),
        );
        expect(again.body.spec).toMatchObject({ ports: [{ targetPort: 'http' }] });
        expect(again.body.spec).toHaveProperty('clusterIP', (body.spec as { clusterIP: string }).clusterIP);

        const outside = service('outside', { type: 'NodePort', ports: [{ port: 80 }] });
        expect((await api.apply(`${services}/outside`, outside, { query: 'dryRun=All' })).body.spec).toMatchObject({
          externalTrafficPolicy: 'Cluster',
          ports: [{ nodePort: expect.any(Number) }],
        });
        const headless = service('headless', { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] });
        expect((await api.apply(`${services}/headless`, headless, { query: 'dryRun=All' })).body.spec).toMatchObject({
          clusterIP: 'None',
          clusterIPs: ['None'],
        });
      });

      it('the type of a Secret, and its data from text', async () => {
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'texts' } };
        const path = `${secrets}/texts`;
        const { body } = await api.apply(path, { ...secret, data: { a: 'YQ==' }, stringData: { b: 'c' } });
        expect(body).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'Yw==' } });
        expect(body).not.toHaveProperty('stringData');
        const wrong = await api.apply(path, { ...secret, data: { a: '%%' } });
        expect(wrong).toMatchObject({ code: 500 });
        expect(wrong.body.message).toContain('illegal base64 data at input byte 0');
      });

      it('nothing where null, empty maps and empty lists stand', async () => {
        const metadata = { labels: {}, creationTimestamp: null, finalizers: [] };
        const { body } = await api.apply(`${configMaps}/empty`, { ...configMap('empty', {}, metadata), data: null });
        expect(body).not.toHaveProperty('data');
        expect(body.metadata).not.toHaveProperty('labels');
        expect(ownedBy(body, 'suite')).toEqual({ 'f:data': {}, 'f:metadata': { 'f:labels': {} } });
      });

      it('the label and finalizer of a Namespace', async () => {
        const own = `${namespace}-own`;
        const path = `/api/v1/namespaces/${own}`;
        const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: own, labels: { team: 'a' } } };
        const created = await api.apply(path, body);
        expect(created).toMatchObject({
          code: 201,
          body: { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
        });
        expect(created.body.metadata.labels).toEqual({ team: 'a', 'kubernetes.io/metadata.name': own });
        expect(ownedBy(created.body, 'suite')).toEqual({ 'f:metadata': { 'f:labels': { 'f:team': {} } } });
        await api.delete(path);
      });
    });

    describe('refuses objects', () => {
      const refusal = (message: string, causes: readonly object[]): object => ({
        ...failure(422, 'Invalid', message),
        details: { causes },
      });

      it('with names that DNS does not know', async () => {
        const rule = 'must consist of lower case alphanumeric characters';
        const refused = async (path: string, body: object): Promise<void> => {
          const answer = await api.post(path, body);
          expect(answer).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
          expect(answer.body).toMatchObject({
            details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }] },
          });
          expect(answer.body.message).toContain(rule);
        };
        await refused(configMaps, configMap('A_b', {}));
        await refused('/api/v1/namespaces', { metadata: { name: 'A.b' } });
        await refused(services, service('9lives', { ports: [{ port: 80 }] }));
        const nameless = await api.post(configMaps, { metadata: {} });
        expect(nameless.body).toMatchObject(
          refusal('ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required', [
            { reason: 'FieldValueRequired', field: 'metadata.name' },
          ]),
        );
      });

      it('with labels, annotations, finalizers and keys that break their rules', async () => {
        const metadata = { labels: { 'a b': 'c d' }, annotations: { 'a b': 'x' }, finalizers: ['bad'] };
        const { body } = await api.apply(`${configMaps}/ruled`, configMap('ruled', { 'a b': '1' }, metadata));
        expect(body).toMatchObject({
          code: 422,
          details: {
            causes: [
              { field: 'metadata.labels' },
              { field: 'metadata.labels' },
              { field: 'metadata.annotations' },
              { field: 'metadata.finalizers[0]' },
              { field: 'data[a b]' },
            ],
          },
        });
      });

      it('that are Deployments without containers, images or a matching selector', async () => {
        const path = `${deployments}/wrong`;
        const none = { template: { metadata: { labels: { app: 'wrong' } } } };
        expect((await api.apply(path, deployment('wrong', none))).body).toMatchObject(
          refusal('Deployment.apps "wrong" is invalid: spec.template.spec.containers: Required value', [
            { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.template.spec.containers' },
          ]),
        );
        const imageless = {
          template: { metadata: { labels: { app: 'wrong' } }, spec: { containers: [{ name: 'a' }] } },
        };
        expect((await api.apply(path, deployment('wrong', imageless))).body.message).toBe(
          'Deployment.apps "wrong" is invalid: spec.template.spec.containers[0].image: Required value',
        );
        const unmatched = deployment('wrong', { selector: { matchLabels: { app: 'other' } } });
        expect((await api.apply(path, unmatched)).body).toMatchObject(
          refusal(
            'Deployment.apps "wrong" is invalid: spec.template.metadata.labels: Invalid value: {"app":"wrong"}: `selector` does not match template `labels`',
            [{ reason: 'FieldValueInvalid', field: 'spec.template.metadata.labels' }],
          ),
        );
        const empty = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'wrong' } };
        expect((await api.apply(path, empty)).body).toMatchObject({
          details: {
            name: 'wrong',
            group: 'apps',
            kind: 'Deployment',
            causes: [
              { field: 'spec.selector' },
              { field: 'spec.template.metadata.labels' },
              { field: 'spec.template.spec.containers' },
            ],
          },
        });
        expect((await api.apply(path, deployment('wrong', { replicas: -1 }))).body.message).toBe(
          'Deployment.apps "wrong" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        );
        expect((await api.get(path)).code).toBe(404);
      });

      it('that change what cannot change', async () => {
        await api.apply(`${deployments}/fixed`, deployment('fixed'));
        const moved = {
          selector: { matchLabels: { app: 'moved' } },
          template: { metadata: { labels: { app: 'moved' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
        };
        expect((await api.apply(`${deployments}/fixed`, deployment('fixed', moved))).body).toMatchObject(
          refusal(
            'Deployment.apps "fixed" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"moved"}}: field is immutable',
            [{ reason: 'FieldValueInvalid', field: 'spec.selector' }],
          ),
        );
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'fixed' } };
        await api.apply(`${secrets}/fixed`, { ...secret, type: 'example.com/one' });
        expect((await api.apply(`${secrets}/fixed`, { ...secret, type: 'example.com/two' })).body).toMatchObject(
          refusal('Secret "fixed" is invalid: type: Invalid value: "example.com/two": field is immutable', [
            { reason: 'FieldValueInvalid', field: 'type' },
          ]),
        );
        await api.apply(`${services}/fixed`, service('fixed', { ports: [{ port: 80 }] }));
        const address = await api.apply(
          `${services}/fixed`,
          service('fixed', { clusterIP: '10.96.200.200', ports: [{ port: 80 }] }),
        );
        expect(address.body.message).toBe(
          'Service "fixed" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.200.200"]: may not change once set',
        );
      });

      it.each(['ConfigMap', 'Secret'])('that change an immutable %s', async (kind) => {
        const path = `${kind === 'Secret' ? secrets : configMaps}/frozen`;
        const frozen = (data: object, immutable?: boolean): object => ({
          apiVersion: 'v1',
          kind,
          metadata: { name: 'frozen' },
          data,
          ...(immutable === undefined ? {} : { immutable }),
        });
        await api.apply(path, frozen({ a: 'YQ==' }, true));
        const why = 'Forbidden: field is immutable when `immutable` is set';
        expect((await api.apply(path, frozen({ a: 'Yg==' }, true))).body).toMatchObject(
          refusal(`${kind} "frozen" is invalid: data: ${why}`, [
            { reason: 'FieldValueForbidden', message: why, field: 'data' },
          ]),
        );
        expect((await api.apply(path, frozen({ a: 'YQ==' }))).body.message).toBe(
          `${kind} "frozen" is invalid: immutable: ${why}`,
        );
        const labelled = { ...frozen({ a: 'YQ==' }, true), metadata: { name: 'frozen', labels: { a: 'b' } } };
        expect((await api.apply(path, labelled)).code).toBe(200);
      });

      it('that are Services without ports, or with ports that cannot be', async () => {
        const path = `${services}/portless`;
        expect((await api.apply(path, service('portless', { selector: { a: 'b' } }))).body).toMatchObject(
          refusal('Service "portless" is invalid: spec.ports: Required value', [
            { reason: 'FieldValueRequired', field: 'spec.ports' },
          ]),
        );
        const ports = [{ port: 80 }, { port: 81 }];
        expect((await api.apply(path, service('portless', { ports }))).body.message).toBe(
          'Service "portless" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
        );
        expect((await api.apply(path, service('portless', { ports: [{ port: 80_000 }] }))).body).toMatchObject({
          details: { causes: [{ field: 'spec.ports[0].port' }, { field: 'spec.ports[0].targetPort' }] },
        });
        expect((await api.apply(path, service('portless', { type: 'Door', ports: [{ port: 80 }] }))).body.message).toBe(
          'Service "portless" is invalid: spec.type: Unsupported value: "Door": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
        );
      });
    });

    describe('watches', () => {
      const selector = 'labelSelector=suite%3Dwatch';
      const labels = { suite: 'watch' };
      const now = async (): Promise<string> => (await api.get(configMaps)).body.metadata.resourceVersion;
      const told = (events: readonly WatchEvent[]): readonly string[] =>
        events.map(({ type, object }) => `${type} ${object.metadata.name}`);

      it('what happens after a version', async () => {
        const since = await now();
        const path = `${configMaps}?watch=true&resourceVersion=${since}&timeoutSeconds=10&${selector}`;
        const watching = api.watch(path, (events) => events.length >= 3);
        await api.post(configMaps, configMap('seen-first', { a: '1' }, { labels }));
        await api.post(configMaps, configMap('not-selected', {}));
        await api.mergePatch(`${configMaps}/seen-first`, { data: { a: '2' } }, 'hand');
        await api.delete(`${configMaps}/seen-first`);
        const events = await watching;
        expect(told(events)).toEqual(['ADDED seen-first', 'MODIFIED seen-first', 'DELETED seen-first']);
        expect(events[1]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: '2' } });
        const again = await api.watch(path, (found) => found.length >= 3);
        expect(again).toEqual(events);
      });

      it('what is there first, when no version is given', async () => {
        await api.post(configMaps, configMap('there', {}, { labels }));
        const path = `${configMaps}?watch=true&timeoutSeconds=10&allowWatchBookmarks=true&${selector}`;
        const events = await api.watch(path, (found) => found.length >= 2);
        expect(told(events.slice(0, 1))).toEqual(['ADDED there']);
        expect(events[1]).toMatchObject({
          type: 'BOOKMARK',
          object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
        });
      });

      it('the going of what a selector no longer selects', async () => {
        await api.post(configMaps, configMap('leaving', {}, { labels }));
        const since = await now();
        const path = `${configMaps}?watch=true&resourceVersion=${since}&timeoutSeconds=10&${selector}`;
        const watching = api.watch(path, (events) => events.length >= 1);
        await api.mergePatch(`${configMaps}/leaving`, { metadata: { labels: { suite: 'other' } } }, 'hand');
        expect(told(await watching)).toEqual(['DELETED leaving']);
      });

      it('one object by its name, and metadata only', async () => {
        const since = await now();
        const query = `watch=true&resourceVersion=${since}&timeoutSeconds=10&fieldSelector=metadata.name%3Dchosen`;
        const watching = api.watch(`${configMaps}?${query}`, (events) => events.length >= 1);
        await api.post(configMaps, configMap('ignored', {}));
        await api.post(configMaps, configMap('chosen', {}));
        expect(told(await watching)).toEqual(['ADDED chosen']);
      });

      it('until the time that it was given', async () => {
        const started = Date.now();
        const events = await api.watch(
          `${configMaps}?watch=true&resourceVersion=${await now()}&timeoutSeconds=1`,
          () => false,
        );
        expect(events).toEqual([]);
        expect(Date.now() - started).toBeGreaterThan(800);
      });
    });

    describe('rolls out Deployments', () => {
      const settled = (path: string) =>
        until(async () => {
          const { body } = await api.get(path);
          const isSettled =
            body.status?.observedGeneration === body.metadata.generation &&
            conditionOf(body, 'Progressing')?.reason === 'NewReplicaSetAvailable' &&
            body.status?.unavailableReplicas === undefined &&
            // A controller that has seen the new number says so before it has counted new pods.
            body.status?.replicas === body.spec?.replicas;
          return isSettled ? body : undefined;
        });

      it('until they are available, told by a watch', async () => {
        const path = `${deployments}/rolled`;
        const created = await api.apply(path, deployment('rolled', { replicas: 2 }));
        const { resourceVersion } = created.body.metadata;
        const query = `watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=30&fieldSelector=metadata.name%3Drolled`;
        const isReady = ({ object }: WatchEvent): boolean => object.status?.availableReplicas === 2;
        const events = await api.watch(`${deployments}?${query}`, (found) => found.some(isReady));
        expect(events.every(({ type }) => type === 'MODIFIED')).toBe(true);
        expect(events.some((event) => !isReady(event))).toBe(true);

        const body = await settled(path);
        expect(body.status).toMatchObject({
          observedGeneration: 1,
          replicas: 2,
          updatedReplicas: 2,
          readyReplicas: 2,
          availableReplicas: 2,
        });
        expect(conditionOf(body, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
        expect(conditionOf(body, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
        expect(body.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
        const controller = body.metadata.managedFields?.find((entry) => entry.subresource === 'status');
        expect(controller).toMatchObject({ manager: 'kube-controller-manager', operation: 'Update' });
        expect(ownedBy(body, 'suite')).toEqual(ownedBy(created.body, 'suite'));
      });

      it('again when their template changes, under a new generation and revision', async () => {
        const path = `${deployments}/again`;
        await api.apply(path, deployment('again'));
        await settled(path);
        const changed = await api.apply(path, deployment('again', {}, { image: 'registry.example/web:2' }));
        expect(changed.body.metadata.generation).toBe(2);
        expect(changed.body.status).toMatchObject({ observedGeneration: 1, availableReplicas: 1 });
        const body = await settled(path);
        expect(body.status).toMatchObject({ observedGeneration: 2, updatedReplicas: 1, availableReplicas: 1 });
        expect(body.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '2' });

        const labelled = await api.mergePatch(path, { metadata: { labels: { a: 'b' } } }, 'hand');
        expect(labelled.body.metadata.generation).toBe(2);
      });

      it('with as many replicas as are asked for', async () => {
        const path = `${deployments}/scaled`;
        await api.apply(path, deployment('scaled'));
        await settled(path);
        const scaled = await api.mergePatch(path, { spec: { replicas: 3 } }, 'hand');
        expect(ownedBy(scaled.body, 'hand')).toEqual({ 'f:spec': { 'f:replicas': {} } });
        expect((await settled(path)).status).toMatchObject({ replicas: 3, readyReplicas: 3 });
        expect((await api.apply(path, deployment('scaled', { replicas: 1 }))).body.message).toBe(
          'Apply failed with 1 conflict: conflict with "hand" using apps/v1: .spec.replicas',
        );
        await api.mergePatch(path, { spec: { replicas: 0 } }, 'hand');
        await until(async () => ((await api.get(path)).body.status?.readyReplicas === undefined ? true : undefined));
      });

      it('or says that it gave up, when pods do not come within the deadline', async () => {
        const path = `${deployments}/stuck`;
        const labels = { app: 'stuck', 'planwright.dev/simulate': 'image-pull-failure' };
        const template = {
          metadata: { labels },
          spec: { containers: [{ name: 'web', image: 'registry.example/does-not-exist:1' }] },
        };
        await api.apply(path, deployment('stuck', { progressDeadlineSeconds: 1, template }));
        const body = await until(async () => {
          const answer = await api.get(path);
          return conditionOf(answer.body, 'Progressing')?.status === 'False' ? answer.body : undefined;
        });
        expect(conditionOf(body, 'Progressing')).toMatchObject({ reason: 'ProgressDeadlineExceeded' });
        expect(conditionOf(body, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
        expect(body.status).toMatchObject({
          observedGeneration: 1,
          replicas: 1,
          updatedReplicas: 1,
          unavailableReplicas: 1,
        });
        expect(body.status?.readyReplicas ?? 0).toBe(0);
      });

      it('and deletes them in the background, or in the foreground', async () => {
        const path = `${deployments}/going`;
        const { uid } = (await api.apply(path, deployment('going'))).body.metadata;
        await settled(path);
        expect((await api.delete(path, { propagationPolicy: 'Background' })).body).toMatchObject({
          status: 'Success',
          details: { name: 'going', group: 'apps', kind: 'deployments', uid },
        });
        expect((await api.get(path)).code).toBe(404);
        await api.apply(path, deployment('going'));
        const ending = await api.delete(path, { propagationPolicy: 'Foreground' });
        expect(ending.body.metadata).toMatchObject({
          finalizers: ['foregroundDeletion'],
          deletionTimestamp: expect.any(String),
        });
        await until(async () => ((await api.get(path)).code === 404 ? true : undefined));
      });
    });

    describe('ends namespaces', () => {
      it('with all that is in them, and takes nothing new meanwhile', async () => {
        const ending = `${namespace}-end`;
        const path = `/api/v1/namespaces/${ending}`;
        await api.post('/api/v1/namespaces', { metadata: { name: ending } });
        await api.post(`${path}/configmaps`, configMap('inside', {}));
        expect((await api.delete(`${path}?dryRun=All`)).body).toMatchObject({ status: { phase: 'Terminating' } });
        expect((await api.get(path)).body).toMatchObject({ status: { phase: 'Active' } });
        const deleted = await api.delete(path);
        expect(deleted.body).toMatchObject({
          kind: 'Namespace',
          metadata: { deletionTimestamp: expect.any(String) },
          status: { phase: 'Terminating' },
        });
        const late = await api.apply(`${path}/configmaps/late`, configMap('late', {}));
        expect(late.body).toMatchObject({
          ...failure(
            403,
            'Forbidden',
            `configmaps "late" is forbidden: unable to create new content in namespace ${ending} because it is being terminated`,
          ),
          details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
        });
        await until(async () => ((await api.get(path)).code === 404 ? true : undefined));
        expect((await api.get(`${path}/configmaps/inside`)).code).toBe(404);
      });
    });
  });
}
