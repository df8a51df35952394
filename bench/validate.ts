import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

/**
 * P9: `planwright validate` beside kubeconform, each as a whole process with its start, on the same files and the same schemas. Prints the smallest of
 * the ratios of 100, 1,000 and 5,000 objects (kubeconform's median time over Planwright's).
 */
const sizes = [100, 1_000, 5_000];
const rounds = 7;
const objectsAFile = 5;
const version = '1.35';

const root = fileURLToPath(new URL('..', import.meta.url));
const kubeconform = findKubeconform();
if (kubeconform === undefined) {
  console.log('# P9 not measured: kubeconform is not on PATH (../shared/cluster/tools kubeconform builds it)');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'planwright-bench-validate-'));
  try {
    await measure(kubeconform, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(program: string, folder: string): Promise<void> {
  const compiled = join(folder, 'compiled');
  spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(compiled, 'dist')], {
    cwd: root,
  });
  spawnSync('cp', ['-r', join(root, 'schema'), join(root, 'package.json'), compiled]);
  spawnSync('ln', ['-s', join(root, 'node_modules'), compiled]);
  const schemas = join(folder, 'schemas');
  writeJsonSchemas(schemas);
  const ratios: number[] = [];
  for (const size of sizes) {
    const files = join(folder, `objects-${size}`);
    writeObjects(files, size);
    const commands = {
      planwright: [process.execPath, join(compiled, 'dist/main.js'), 'validate', files],
      kubeconform: [
        program,
        '-strict',
        '-summary',
        '-n',
        String(availableParallelism()),
        '-schema-location',
        `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`,
        files,
      ],
    } as const;
    const runs = { planwright: [] as Run[], kubeconform: [] as Run[] };
    for (let round = 0; round < rounds; round += 1)
      for (const name of ['planwright', 'kubeconform'] as const) runs[name].push(await run(commands[name], size));
    const [ours, theirs] = [median(runs.planwright), median(runs.kubeconform)];
    ratios.push(theirs.ms / ours.ms);
    console.log(
      `# ${size} objects: planwright ${ours.ms.toFixed(0)} ms, ${ours.megabytes} MB; kubeconform ${theirs.ms.toFixed(0)} ms, ${theirs.megabytes} MB; ratio ${(theirs.ms / ours.ms).toFixed(2)}`,
    );
  }
  console.log(`P9 ${Math.min(...ratios).toFixed(2)}`);
}

interface Run {
  readonly ms: number;
  readonly megabytes: number;
}

/** Both say how many objects they found valid; another number is no run. */
async function run(command: readonly string[], size: number): Promise<Run> {
  const [file = '', ...words] = command;
  const startedMs = performance.now();
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let kilobytes = 0;
  const watch = setInterval(() => {
    kilobytes = Math.max(kilobytes, peakOf(child.pid));
  }, 10);
  const [status] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - startedMs;
  clearInterval(watch);
  const found = /^(\d+) objects in .*: 0 errors|Valid: (\d+), Invalid: 0, Errors: 0, Skipped: 0/m.exec(said);
  if (status !== 0 || Number(found?.[1] ?? found?.[2]) !== size)
    throw new Error(`${file} did not find ${size} valid objects: ${said.slice(0, 500)}`);
  return { ms, megabytes: Math.round(kilobytes / 1024) };
}

/** Linux alone tells it while the process lives. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function median(runs: readonly Run[]): Run {
  const sorted = runs.toSorted((left, right) => left.ms - right.ms);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return { ms: middle.ms, megabytes: Math.max(...runs.map(({ megabytes }) => megabytes)) };
}

function findKubeconform(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'planwright-cluster/bin'),
  ];
  return folders
    .map((folder) => join(folder, 'kubeconform'))
    .find((file) => {
      try {
        accessSync(file);
        return true;
      } catch {
        return false;
      }
    });
}

/** What Planwright checks by, as kubeconform reads it: one file a kind with everything that it refers to, and no field beside the known ones. */
function writeJsonSchemas(folder: string): void {
  mkdirSync(folder);
  const bundle = JSON.parse(
    brotliDecompressSync(readFileSync(join(root, `schema/kubernetes/${version}.json.br`))).toString('utf8'),
  ) as { kinds: Record<string, [string, string, boolean]>; definitions: Record<string, string> };
  for (const [key, [, definition]] of Object.entries(bundle.kinds)) {
    const [group = '', apiVersion = '', kind = ''] = key.split('/');
    const definitions: Record<string, unknown> = {};
    const waiting = [definition];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (definitions[name] !== undefined) continue;
      const schema = jsonSchema(JSON.parse(bundle.definitions[name] ?? '{}'));
      definitions[name] = schema;
      for (const [, reference] of JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g))
        if (reference !== undefined) waiting.push(reference);
    }
    const suffix = group === '' ? apiVersion : `${group.split('.')[0]}-${apiVersion}`;
    writeFileSync(
      join(folder, `${kind.toLowerCase()}-${suffix}.json`),
      JSON.stringify({ $ref: `#/definitions/${definition}`, definitions }),
    );
  }
}

function jsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(jsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref, required: _required, format, ...rest } = schema as Record<string, unknown>;
  if (typeof $ref === 'string') {
    if ($ref.endsWith('.Quantity')) return { type: ['string', 'number'] };
    return { $ref: `#/definitions/${$ref}` };
  }
  if (format === 'int-or-string') return { type: ['string', 'integer'] };
  const members = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      name === 'properties'
        ? Object.fromEntries(Object.entries(value as object).map(([field, of]) => [field, jsonSchema(of)]))
        : jsonSchema(value),
    ]),
  );
  return 'properties' in members ? { ...members, additionalProperties: false } : members;
}

function writeObjects(folder: string, size: number): void {
  mkdirSync(folder);
  for (let first = 0; first < size; first += objectsAFile) {
    const documents = Array.from({ length: Math.min(objectsAFile, size - first) }, (_value, index) =>
      manifest(first + index),
    );
    writeFileSync(join(folder, `objects-${String(first).padStart(5, '0')}.yaml`), documents.join('---\n'));
  }
}

/** What repositories mostly hold, in turn. */
function manifest(number: number): string {
  const name = `app-${number}`;
  const head = (apiVersion: string, kind: string) =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: shop\n  labels:\n    app.kubernetes.io/name: ${name}\n    app.kubernetes.io/part-of: shop\n`;
  switch (number % 5) {
    case 0:
      return `${head('apps/v1', 'Deployment')}spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      serviceAccountName: ${name}
      securityContext:
        runAsNonRoot: true
      containers:
        - name: main
          image: registry.example.com/shop/${name}:1.2.${number}
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          env:
            - name: LOG_LEVEL
              value: info
            - name: PASSWORD
              valueFrom:
                secretKeyRef:
                  name: ${name}
                  key: password
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            periodSeconds: 5
      volumes:
        - name: config
          configMap:
            name: ${name}
`;
    case 1:
      return `${head('v1', 'Service')}spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
    case 2:
      return `${head('v1', 'ConfigMap')}data:
  application.properties: |
    server.port=8080
    greeting=Hello from ${name}
  LOG_LEVEL: info
`;
    case 3:
      return `${head('networking.k8s.io/v1', 'Ingress')}spec:
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${name}
                port:
                  name: http
`;
    default:
      return `${head('rbac.authorization.k8s.io/v1', 'Role')}rules:
  - apiGroups: [""]
    resources: [configmaps, secrets]
    verbs: [get, list, watch]
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [get]
`;
  }
}
