/**
 * Writes core-v1.json and apps-v1.json from a real API server's OpenAPI v3 documents: only what is reachable from the
 * kinds that the sandbox claims, without descriptions. Run `kubectl proxy --port 8001`, then
 * `node src/sandbox/cluster/openapi/trim-openapi.ts http://127.0.0.1:8001`.
 */
import { writeFile } from 'node:fs/promises';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonMap = { readonly [key: string]: Json };

const documents = [
  {
    path: 'api/v1',
    file: 'core-v1.json',
    kinds: ['Namespace', 'ConfigMap', 'Secret', 'Service'],
    schemas: 'io.k8s.api.core.v1',
  },
  { path: 'apis/apps/v1', file: 'apps-v1.json', kinds: ['Deployment'], schemas: 'io.k8s.api.apps.v1' },
];
const schemaPrefix = '#/components/schemas/';

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? value : {});

/** A property may be called `description`; only the keyword, whose value is text, goes. */
function withoutDescriptions(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([key, child]) => key !== 'description' || typeof child !== 'string');
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutDescriptions(child)]));
}

function referencesIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child.slice(schemaPrefix.length)] : referencesIn(child),
  );
}

function reachable(schemas: JsonMap, roots: readonly string[]): JsonMap {
  const found = new Map<string, Json>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const schema = schemas[name];
    if (schema === undefined || found.has(name)) continue;
    const trimmed = withoutDescriptions(schema);
    found.set(name, trimmed);
    open.push(...referencesIn(trimmed));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const server = process.argv[2];
if (server === undefined) throw new Error('Which API server? Give its URL, such as that of `kubectl proxy`.');
for (const { path, file, kinds, schemas } of documents) {
  const answer = await fetch(`${server}/openapi/v3/${path}`);
  if (!answer.ok) throw new Error(`${server} answered ${answer.status} for the OpenAPI document of ${path}.`);
  const document = mapOf((await answer.json()) as Json);
  const roots = kinds.flatMap((kind) => [`${schemas}.${kind}`, `${schemas}.${kind}List`]);
  const components = { schemas: reachable(mapOf(mapOf(document.components).schemas), roots) };
  const trimmed = { openapi: document.openapi, info: document.info, paths: {}, components };
  await writeFile(new URL(file, import.meta.url), `${JSON.stringify(trimmed, null, 1)}\n`);
}
