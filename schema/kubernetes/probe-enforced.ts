import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';

/**
 * `KUBECONFIG=… node schema/kubernetes/probe-enforced.ts` asks a real API server which of the fields that its OpenAPI calls required, and which enumerations, it
 * insists on, and writes enforced.json. For each definition it sends, as a dry-run, an object that holds nothing but an empty value of it, and one whose choices are all
 * wrong, and reads what the 422 blames. What it does not blame is not checked without a cluster.
 */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly allOf?: readonly Schema[];
}

interface Place {
  readonly url: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: readonly (string | 0)[];
}

const maxPlaces = 4;
const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const [greeting] = (await once(proxy.stdout, 'data')) as [Buffer];
const server = `http://${/127\.0\.0\.1:\d+/.exec(String(greeting))?.[0]}`;
try {
  await writeFile(new URL('enforced.json', import.meta.url), `${JSON.stringify(await probe(), null, 1)}\n`);
} finally {
  proxy.kill();
}

async function probe() {
  const index = (await get('/openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> };
  const definitions = new Map<string, Schema>();
  const places = new Map<string, Place[]>();
  for (const [groupVersion, { serverRelativeURL }] of Object.entries(index.paths)) {
    if (!/^api(s\/[^/]+)?\/v[^/]+$/.test(groupVersion)) continue;
    const document = (await get(serverRelativeURL)) as {
      paths: Record<
        string,
        { post?: { 'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string } } }
      >;
      components: { schemas: Record<string, Schema> };
    };
    const { schemas } = document.components;
    for (const [name, schema] of Object.entries(schemas)) definitions.set(name, schema);
    for (const [path, { post }] of Object.entries(document.paths)) {
      const kind = post?.['x-kubernetes-group-version-kind'];
      if (kind === undefined || path.split('/').at(-1)?.includes('{') || path.includes('{name}')) continue;
      const root = Object.entries(schemas).find(([, schema]) =>
        (
          (schema as Record<string, unknown>)['x-kubernetes-group-version-kind'] as
            | { kind: string; group: string; version: string }[]
            | undefined
        )?.some((one) => one.kind === kind.kind && one.group === kind.group && one.version === kind.version),
      )?.[0];
      if (root === undefined) continue;
      const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
      visit(
        root,
        { url: path.replace('{namespace}', 'default'), apiVersion, kind: kind.kind, path: [] },
        schemas,
        places,
      );
    }
  }
  const required: Record<string, string[]> = {};
  const enums: Record<string, string[]> = {};
  for (const [name, where] of [...places].sort()) {
    const schema = definitions.get(name);
    const choices = Object.entries(schema?.properties ?? {})
      .filter(([, property]) => property.enum !== undefined)
      .map(([field]) => field);
    const needed = schema?.required ?? [];
    const foundNeeded = await blamed(where, needed, () => ({}));
    const foundChoices: string[] = [];
    for (const field of choices)
      foundChoices.push(...(await blamed(where, [field], () => ({ [field]: 'Planwright' }))));
    if (foundNeeded.length > 0) required[name] = foundNeeded;
    if (foundChoices.length > 0) enums[name] = foundChoices;
    const left = [
      ...needed.filter((field) => !foundNeeded.includes(field)),
      ...choices.filter((field) => !foundChoices.includes(field)),
    ];
    if (left.length > 0) console.log(`not insisted on: ${name} ${left.join(' ')}`);
  }
  return { required, enums };
}

/** Breadth first is not needed: paths are short, and the first few of each definition are tried. */
function visit(
  name: string,
  place: Place,
  schemas: Readonly<Record<string, Schema>>,
  places: Map<string, Place[]>,
): void {
  const known = places.get(name) ?? [];
  if (known.length >= maxPlaces || place.path.length > 14 || place.path.filter((step) => step === 'status').length > 0)
    return;
  places.set(name, [...known, place]);
  for (const [field, property] of Object.entries(schemas[name]?.properties ?? {})) {
    if (place.path.length === 0 && (field === 'metadata' || field === 'status')) continue;
    below(property, [...place.path, field]);
  }

  function below(schema: Schema, path: readonly (string | 0)[]): void {
    const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (reference !== undefined)
      visit(reference.slice(reference.lastIndexOf('/') + 1), { ...place, path }, schemas, places);
    else if (schema.items !== undefined) below(schema.items, [...path, 0]);
  }
}

async function blamed(
  places: readonly Place[],
  fields: readonly string[],
  value: () => Record<string, unknown>,
): Promise<string[]> {
  const found = new Set<string>();
  for (const place of places) {
    if (fields.every((field) => found.has(field))) break;
    const answer = await send(place, value());
    for (const field of fields)
      if (answer.some((blame) => isAtOrBelow(blame, pathText([...place.path, field])))) found.add(field);
  }
  return fields.filter((field) => found.has(field));
}

async function send(
  { url, apiVersion, kind, path }: Place,
  value: Record<string, unknown>,
): Promise<readonly string[]> {
  let inner: unknown = value;
  for (const step of path.toReversed()) inner = step === 0 ? [inner] : { [step]: inner };
  const object = { apiVersion, kind, metadata: { name: 'probe' }, ...(inner as Record<string, unknown>) };
  const response = await fetch(`${server}${url}?dryRun=All&fieldValidation=Ignore`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });
  const answer = (await response.json()) as { details?: { causes?: { field?: string; reason?: string }[] } };
  return (answer.details?.causes ?? []).map(({ field = '' }) => field);
}

/** What is missing below a field that is missing itself is missing with it. */
function isAtOrBelow(blame: string, path: string): boolean {
  return blame === path || blame.startsWith(`${path}.`) || blame.startsWith(`${path}[`);
}

function pathText(path: readonly (string | 0)[]): string {
  return path
    .map((step) => (step === 0 ? '[0]' : `.${step}`))
    .join('')
    .slice(1);
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${server}${path}`)).json();
}
