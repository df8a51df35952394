import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { KindCatalog, ServedKind } from '../../domain/plan/prediction.ts';
import type { ApiAnswer } from './api-client.ts';
import { groupVersionPath } from './resource-path.ts';

/** Asks for a path with GET; rejects when the API cannot be used at all. */
export type AskApi = (path: string, accept?: string) => Promise<Extract<ApiAnswer, { kind: 'answered' }>>;

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

interface FoundVersion extends GroupVersion {
  readonly kinds: readonly ServedKind[];
  readonly broken?: string;
}

/** Newest first; a server takes what it knows and says so in the answer's kind. */
const acceptAggregated = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

/**
 * Every kind that the API serves: two requests with aggregated discovery (KEP-3352, Kubernetes 1.27), one a group version without.
 * Preferred versions come first within their group. Rejects when the API does not say what it serves.
 */
export async function discoverKinds(ask: AskApi): Promise<KindCatalog> {
  const roots = await Promise.all(['/api', '/apis'].map((path) => askRoot(path, ask)));
  const found = await Promise.all(roots.map((root) => readRoot(root, ask)));
  const versions = found.flat();
  const broken = versions.flatMap((version): [string, string][] =>
    version.broken === undefined ? [] : [[apiVersion(version), version.broken]],
  );
  return { kinds: versions.flatMap((version) => version.kinds), broken: new Map(broken) };
}

async function askRoot(path: string, ask: AskApi): Promise<JsonObject> {
  const { status, body } = await ask(path, acceptAggregated);
  if (status === 200 && isJsonObject(body)) return body;
  throw new Error(`discovery: ${path} answers ${status}${isJsonObject(body) ? `, ${text(body.message)}` : ''}`);
}

async function readRoot(body: JsonObject, ask: AskApi): Promise<readonly FoundVersion[]> {
  if (body.kind === 'APIGroupDiscoveryList')
    return Promise.all(objects(body.items).flatMap((group) => readGroup(group, ask)));
  const versions =
    body.kind === 'APIGroupList' ? objects(body.groups).flatMap(versionsOf) : strings(body.versions).map(coreVersion);
  return Promise.all(versions.map((version) => askVersion(version, ask)));
}

function readGroup(item: JsonObject, ask: AskApi): readonly Promise<FoundVersion>[] {
  const group = isJsonObject(item.metadata) ? text(item.metadata.name) : '';
  return objects(item.versions).map(async (entry): Promise<FoundVersion> => {
    const version = { group, version: text(entry.version) };
    const kinds = objects(entry.resources).flatMap((resource) => readResource(resource, version));
    if (entry.freshness !== 'Stale') return { ...version, kinds };
    return { ...version, kinds, broken: await whyStale(version, ask) };
  });
}

function readResource(resource: JsonObject, version: GroupVersion): readonly ServedKind[] {
  const kind = isJsonObject(resource.responseKind) ? text(resource.responseKind.kind) : '';
  if (kind === '') return [];
  const namespaced = resource.scope === 'Namespaced';
  return [{ ...version, kind, resource: text(resource.resource), namespaced, verbs: strings(resource.verbs) }];
}

/** The aggregation layer keeps the reason on the APIService; who may not read it learns only that. */
async function whyStale(version: GroupVersion, ask: AskApi): Promise<string> {
  const unknown = 'its API server does not answer';
  const { status, body } = await ask(`/apis/apiregistration.k8s.io/v1/apiservices/${version.version}.${version.group}`);
  if (status !== 200 || !isJsonObject(body) || !isJsonObject(body.status)) return unknown;
  const available = objects(body.status.conditions).find((condition) => condition.type === 'Available');
  const message = available?.status === 'False' ? text(available.message) : '';
  return message === '' ? unknown : message;
}

async function askVersion(version: GroupVersion, ask: AskApi): Promise<FoundVersion> {
  const { status, body } = await ask(groupVersionPath(apiVersion(version)));
  if (status !== 200 || !isJsonObject(body))
    return { ...version, kinds: [], broken: `its API server answers ${status}` };
  // Subresources (`deployments/scale`) stand in the same list.
  const resources = objects(body.resources).filter((resource) => !text(resource.name).includes('/'));
  const kinds = resources.map((resource) => ({
    ...version,
    kind: text(resource.kind),
    resource: text(resource.name),
    namespaced: resource.namespaced === true,
    verbs: strings(resource.verbs),
  }));
  return { ...version, kinds };
}

function versionsOf(group: JsonObject): readonly GroupVersion[] {
  const preferred = isJsonObject(group.preferredVersion) ? text(group.preferredVersion.version) : '';
  return objects(group.versions)
    .map((entry) => ({ group: text(group.name), version: text(entry.version) }))
    .sort((left, right) => Number(right.version === preferred) - Number(left.version === preferred));
}

function coreVersion(version: string): GroupVersion {
  return { group: '', version };
}

function apiVersion({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}

function strings(value: Json | undefined): readonly string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
