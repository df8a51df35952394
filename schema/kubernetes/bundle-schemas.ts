import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/**
 * `node schema/kubernetes/bundle-schemas.ts FOLDER…` writes one file for each folder, which is the module k8s.io/kubernetes of one version as
 * `go mod download k8s.io/kubernetes@v1.35.4` unpacks it: the schemas of all kinds, without words, and with the choices that the published files leave out.
 */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Tree = { [name: string]: Json };

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const keywords = new Set([
  'type',
  'format',
  'items',
  'properties',
  'additionalProperties',
  'required',
  'enum',
  '$ref',
  'allOf',
  'default',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
]);

for (const folder of process.argv.slice(2)) await bundle(folder);

async function bundle(folder: string): Promise<void> {
  const version = /@v(\d+\.\d+)\.\d+/.exec(folder)?.[1];
  if (version === undefined) throw new Error(`${folder} names no version`);
  const choices = readChoices(await readFile(join(folder, 'pkg/generated/openapi/zz_generated.openapi.go'), 'utf8'));
  const specs = join(folder, 'api/openapi-spec/v3');
  const definitions: Tree = {};
  const kinds = new Map<string, [resource: string, definition: string, namespaced: boolean]>();
  for (const file of (await readdir(specs)).sort()) {
    if (!/^api(s__[^_]+)?__v[^_]+_openapi\.json$/.test(file)) continue;
    const document = JSON.parse(await readFile(join(specs, file), 'utf8')) as {
      paths: Tree;
      components?: { schemas?: Record<string, Tree> };
    };
    const schemas = document.components?.schemas ?? {};
    for (const [name, schema] of Object.entries(schemas))
      definitions[name] = withChoices(name, trimmed(schema) as Tree, choices);
    for (const [path, item] of Object.entries(document.paths)) {
      const kind = ((item as Tree)['post'] as Tree | undefined)?.['x-kubernetes-group-version-kind'] as
        | Kind
        | undefined;
      const resource = path.split('/').at(-1);
      if (kind === undefined || resource === undefined || resource.includes('{') || path.includes('{name}')) continue;
      const definition = Object.keys(schemas).find((name) => ofKind(schemas[name], kind));
      if (definition !== undefined)
        kinds.set(`${kind.group}/${kind.version}/${kind.kind}`, [resource, definition, path.includes('{namespace}')]);
    }
  }
  const roots = [...kinds.values()].map(([, definition]) => definition);
  for (const root of roots) delete (definitions[root] as { properties?: Tree }).properties?.['status'];
  const used = reachable(roots, definitions);
  // Kinds are read one at a time: what stays text costs nothing.
  const texts = Object.fromEntries([...used].sort().map((name) => [name, JSON.stringify(definitions[name])]));
  const text = JSON.stringify({ version, kinds: Object.fromEntries([...kinds].sort()), definitions: texts });
  const bytes = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 },
  });
  await writeFile(new URL(`${version}.json.br`, import.meta.url), bytes);
  console.log(
    `${version}: ${kinds.size} kinds, ${used.size} definitions, ${text.length} bytes, ${bytes.length} compressed`,
  );
}

function ofKind(schema: Tree | undefined, kind: Kind): boolean {
  const kinds = schema?.['x-kubernetes-group-version-kind'] as readonly Kind[] | undefined;
  return (
    kinds?.length === 1 &&
    kinds[0]?.group === kind.group &&
    kinds[0].version === kind.version &&
    kinds[0].kind === kind.kind
  );
}

function trimmed(schema: Json): Json {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return schema;
  const kept: Tree = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!keywords.has(keyword)) continue;
    if (keyword === 'default' && typeof value === 'object') continue;
    if (keyword === 'properties')
      kept[keyword] = Object.fromEntries(
        Object.entries(value as Tree).map(([name, property]) => [name, trimmed(property)]),
      );
    else if (keyword === 'items' || keyword === 'additionalProperties') kept[keyword] = trimmed(value);
    else if (keyword === 'allOf')
      kept['$ref'] = String((value as Tree[])[0]?.['$ref']).replace('#/components/schemas/', '');
    else kept[keyword] = keyword === '$ref' ? (value as string).replace('#/components/schemas/', '') : value;
  }
  return kept;
}

/** The published files are made without enumerations (kubernetes#109177); the Go source that they are made from has them. */
function readChoices(source: string): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, Map<string, readonly string[]>>();
  let definition = '';
  let field = '';
  for (const line of source.split('\n')) {
    const opened = /^func schema_([A-Za-z0-9_]+)\(ref /.exec(line)?.[1];
    if (opened !== undefined) definition = plain(opened);
    field = /^\t{5}"([^"]+)": \{$/.exec(line)?.[1] ?? field;
    const values = /^\t{7}Enum:\s+\[\]interface\{\}\{(.*)\},$/.exec(line)?.[1];
    if (values === undefined) continue;
    const known = found.get(definition) ?? new Map<string, readonly string[]>();
    known.set(field, JSON.parse(`[${values}]`) as string[]);
    found.set(definition, known);
  }
  return found;
}

function withChoices(name: string, schema: Tree, choices: ReturnType<typeof readChoices>): Tree {
  for (const [field, values] of choices.get(plain(name.replace(/^io\.k8s\./, 'k8sio.'))) ?? []) {
    const property = (schema['properties'] as Tree | undefined)?.[field];
    if (property !== undefined) (property as Tree)['enum'] = [...values];
  }
  return schema;
}

/** `io.k8s.api.core.v1.Container` and `schema_k8sio_api_core_v1_Container` are the same. */
function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

function reachable(roots: readonly string[], definitions: Tree): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name) || definitions[name] === undefined) continue;
    seen.add(name);
    for (const [, reference] of JSON.stringify(definitions[name]).matchAll(/"\$ref":"([^"]+)"/g))
      if (reference !== undefined) waiting.push(reference);
  }
  return seen;
}
