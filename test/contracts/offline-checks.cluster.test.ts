import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledSchemas } from '../../src/adapters/bundled-schemas/bundled-schemas.ts';
import { loadClusters } from '../../src/adapters/kubernetes/load-clusters.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import { groupOf, type RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import { apiVersionOf } from '../../src/domain/plan/place-objects.ts';
import type { KindCatalog } from '../../src/domain/plan/prediction.ts';
import { checkCustomResource } from '../../src/domain/schema/check-custom-resource.ts';
import { offlineCheck } from '../../src/domain/schema/check-render.ts';
import type { KnownSchemas } from '../../src/domain/schema/known-schemas.ts';
import type { Cluster } from '../../src/flows/ports/cluster.ts';
import { casesDirectory, manifestsBelow } from '../domain/manifest/cases.ts';
import { silentLog } from './kubeconfig-cluster.ts';
import { realKubeconfig } from './real-kubeconfig.ts';

const cases = casesDirectory();
const folders = ['gateway-api', 'cert-manager', 'kube-prometheus', 'guestbook'];
/** Changes tried on each object. */
const variants = 12;

/** Real objects, and the same with one field taken away, of another type, or too many: what is refused without the API server, it refuses too. */
describe.skipIf(cases === undefined)('checks without a cluster, beside a real API server', () => {
  const made: JsonObject[] = [];
  let clusters: ReturnType<typeof loadClusters>;
  let cluster: Cluster;
  let catalog: KindCatalog;
  let objects: readonly RenderedObject[];
  let sources: readonly KnownSchemas[];

  beforeAll(async () => {
    clusters = loadClusters({ kubeconfig: realKubeconfig(), log: silentLog });
    const found = clusters.find(clusters.names[0] ?? '');
    if (found === undefined) throw new Error('the kubeconfig has no context');
    cluster = found;
    objects = folders.flatMap(
      (folder) => decodeManifests(manifestsBelow(join(cases ?? '', 'manifests', folder))).objects,
    );
    catalog = await cluster.kinds();
    for (const definition of objects.filter(({ kind }) => kind === 'CustomResourceDefinition')) {
      const answer = await cluster.apply({ address: addressOf(definition), object: definition.content, force: true });
      if (answer.kind === 'applied') made.push(answer.object);
    }
    const defined = () => catalog.kinds.filter(({ kind }) => ['HTTPRoute', 'Issuer', 'ServiceMonitor'].includes(kind));
    while (defined().length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await clusters.close();
      clusters = loadClusters({ kubeconfig: realKubeconfig(), log: silentLog });
      cluster = clusters.find(clusters.names[0] ?? '') ?? found;
      catalog = await cluster.kinds();
    }
    const versions = [...new Set(catalog.kinds.map(apiVersionOf))];
    sources = [
      bundledSchemas().newest(),
      { source: 'the cluster', kinds: catalog, schemas: await cluster.schemas(versions) },
    ];
  });

  afterAll(async () => {
    for (const object of made) {
      const { name, uid } = object['metadata'] as JsonObject;
      const address = { kind: kindOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition'), name: String(name) };
      await cluster.delete(address, { uid: String(uid), propagation: 'background' });
    }
    await clusters.close();
  });

  function kindOf(apiVersion: string, kind: string) {
    const served = catalog.kinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
    if (served === undefined) throw new Error(`the cluster does not serve ${kind} as ${apiVersion}`);
    return served;
  }

  function addressOf({ apiVersion, kind, name }: RenderedObject) {
    const served = kindOf(apiVersion, kind);
    return { kind: served, ...(served.namespaced ? { namespace: 'default' } : {}), name };
  }

  it('refuse nothing that the API server takes, and find what it finds in custom resources', async () => {
    const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    const wrong: string[] = [];
    const counts = { taken: 0, refused: 0, found: 0, customRefused: 0, customFound: 0 };
    const probed = objects.filter(
      ({ apiVersion, kind }) =>
        kind !== 'CustomResourceDefinition' &&
        catalog.kinds.some((one) => one.kind === kind && apiVersionOf(one) === apiVersion),
    );
    for (const object of probed) {
      for (const [change, content] of variantsOf(placed(object))) {
        const address = addressOf(object);
        const answer = await cluster.dryRunApply({ address, object: content, force: true });
        if (answer.kind !== 'applied' && answer.kind !== 'invalid') continue;
        const verdicts = sources.map((known) => {
          const check = offlineCheck(definitions, { known, custom: checkCustomResource, reason: 'probe' });
          const identity = { group: groupOf(object.apiVersion), kind: object.kind, name: object.name };
          return check({ ...object, content }, identity);
        });
        const refusing = verdicts.filter(({ problems }) => problems.length > 0);
        const isCustom = !bundledSchemas().newest().schemas(object.apiVersion, object.kind);
        if (answer.kind === 'applied') {
          counts.taken += 1;
          for (const { problems } of refusing)
            wrong.push(`${object.kind} ${object.name}, ${change}: ${problems[0]?.message}`);
          continue;
        }
        counts.refused += 1;
        if (refusing.length > 0) counts.found += 1;
        if (!isCustom) continue;
        counts.customRefused += 1;
        if (refusing.length === sources.length || verdicts.some(({ unchecked }) => unchecked.length > 0))
          counts.customFound += 1;
        else wrong.push(`${object.kind} ${object.name}, ${change}: taken, but refused with ${answer.message}`);
      }
    }
    console.log(`offline checks beside the API server: ${JSON.stringify(counts)}`);
    expect(wrong).toEqual([]);
    expect(counts.taken).toBeGreaterThan(100);
    expect(counts.customFound).toBeGreaterThan(20);
  });

  function placed(object: RenderedObject): JsonObject {
    const metadata = object.content['metadata'] as JsonObject;
    const { namespace: _namespace, ...rest } = metadata;
    const { namespaced } = kindOf(object.apiVersion, object.kind);
    return { ...object.content, metadata: namespaced ? { ...rest, namespace: 'default' } : rest };
  }
});

/** The object itself, and with changes spread over its fields. */
function variantsOf(object: JsonObject): readonly (readonly [change: string, content: JsonObject])[] {
  const paths = [...pathsIn(object, [])].filter(
    ([first]) => !['apiVersion', 'kind', 'metadata'].includes(String(first)),
  );
  const step = Math.max(1, Math.floor((paths.length * 4) / variants));
  const found: [string, JsonObject][] = [['as it is', object]];
  for (let index = 0; index < paths.length * 4 && found.length <= variants; index += step) {
    const path = paths[Math.floor(index / 4)] ?? [];
    const value = [undefined, 17, 'seventeen', { seventeen: 17 }][index % 4];
    const changed = changedAt(object, path, value);
    if (isJsonObject(changed))
      found.push([`${path.join('.')} ${value === undefined ? 'gone' : `is ${JSON.stringify(value)}`}`, changed]);
  }
  return found;
}

function* pathsIn(value: Json, path: readonly (string | number)[]): Generator<readonly (string | number)[]> {
  if (path.length > 0) yield path;
  if (isJsonArray(value)) for (const [index, item] of value.entries()) yield* pathsIn(item, [...path, index]);
  else if (isJsonObject(value))
    for (const [name, member] of Object.entries(value)) yield* pathsIn(member, [...path, name]);
}

function changedAt(
  value: Json,
  [first, ...rest]: readonly (string | number)[],
  to: Json | undefined,
): Json | undefined {
  if (first === undefined) return to;
  if (isJsonArray(value))
    return value.flatMap((item, index) => {
      if (index !== first) return [item];
      const changed = changedAt(item, rest, to);
      return changed === undefined ? [] : [changed];
    });
  if (!isJsonObject(value)) return value;
  const { [first]: member = null, ...others } = value;
  const changed = changedAt(member, rest, to);
  return changed === undefined ? others : { ...others, [first]: changed };
}
