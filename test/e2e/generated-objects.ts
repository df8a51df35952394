import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/domain/json.ts';

export type GeneratedKind = 'ConfigMap' | 'Secret' | 'Service' | 'Deployment' | 'CronJob' | 'Role';

const word = fc.stringMatching(/^[a-z]([a-z0-9]{0,6}[a-z])?$/);
const text = fc.oneof(
  word,
  fc.constantFrom(
    '',
    '1',
    'true',
    'null',
    '~',
    ' ',
    '0x1f',
    '1e3',
    '2001-01-01',
    'a: b',
    '- x',
    'line\nline\n',
    '\ttab',
    '"quoted"',
    '日本',
    '😀',
  ),
  fc.string({ maxLength: 12 }).filter((value) => !/\p{Cc}/u.test(value)),
);
/** Leaves out what is undefined, as authors do. */
const some = (fields: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<JsonObject> =>
  fc.record(fields, { requiredKeys: [] }).map((value) => ({ ...value }) as JsonObject);
const texts = (keys: fc.Arbitrary<string> = word): fc.Arbitrary<JsonObject> =>
  fc.dictionary(keys, text, { maxKeys: 4, noNullPrototype: true });
const listOf = (
  item: fc.Arbitrary<JsonObject>,
  key: (item: JsonObject) => unknown,
  minLength = 0,
): fc.Arbitrary<Json> => fc.uniqueArray(item, { minLength, maxLength: 3, selector: key });

const named = (item: JsonObject) => item['name'];
const quantity = fc.constantFrom('100m', '1000m', '1', '0.5', '1500m');
const memory = fc.constantFrom('64Mi', '0.5Gi', '128M', '134217728', '1Gi');

const env = listOf(
  fc.oneof(
    fc.record({ name: word.map((name) => name.toUpperCase()), value: text }),
    fc.record({
      name: word.map((name) => `${name.toUpperCase()}_REF`),
      valueFrom: fc.constant({ fieldRef: { fieldPath: 'metadata.name' } }),
    }),
  ),
  named,
);

const container = fc
  .record({
    name: word,
    image: fc.constantFrom('registry.test/web:1', 'registry.test/web:2', 'registry.test/job'),
    more: some({
      args: fc.array(text, { maxLength: 3 }),
      env,
      ports: listOf(
        fc
          .record({
            containerPort: fc.integer({ min: 1, max: 65_535 }),
            more: some({ protocol: fc.constantFrom('TCP', 'UDP') }),
          })
          .map(({ containerPort, more }) => ({ containerPort, ...more })),
        (port) => port['containerPort'],
      ),
      resources: some({
        requests: some({ cpu: fc.constantFrom('50m', '0.05'), memory: fc.constantFrom('32Mi', '33554432') }),
        limits: some({ cpu: quantity, memory }),
      }),
      readinessProbe: fc.constantFrom<Json[]>(
        { httpGet: { path: '/', port: 80 } },
        { exec: { command: ['true'] }, periodSeconds: 5 },
      ),
      securityContext: some({ runAsNonRoot: fc.boolean(), readOnlyRootFilesystem: fc.boolean() }),
      volumeMounts: fc.constant([{ name: 'scratch', mountPath: '/scratch' }]),
    }),
  })
  .map(({ name, image, more }): JsonObject => ({ name, image, ...more }));

const podSpec = fc
  .record({
    containers: listOf(container, named, 1),
    more: some({
      initContainers: listOf(
        container.map(
          ({ readinessProbe: _, ...rest }): JsonObject => ({ ...rest, name: `init-${String(rest['name'])}` }),
        ),
        named,
      ),
      terminationGracePeriodSeconds: fc.integer({ min: 1, max: 60 }),
      tolerations: fc.constantFrom<Json[]>([], [{ key: 'a', operator: 'Exists' }]),
      hostAliases: fc.constantFrom<Json[]>([{ ip: '10.0.0.1', hostnames: ['b', 'a'] }]),
    }),
  })
  .map(({ containers, more }): JsonObject => ({ containers, volumes: [{ name: 'scratch', emptyDir: {} }], ...more }));

const metadata = some({
  labels: fc.dictionary(word, fc.oneof(word, fc.constant('')), { maxKeys: 3, noNullPrototype: true }),
  annotations: texts(),
});

const bodies: Readonly<Record<GeneratedKind, fc.Arbitrary<JsonObject>>> = {
  ConfigMap: some({
    data: texts(
      fc.oneof(
        word,
        word.map((name) => `${name}.yaml`),
      ),
    ),
    immutable: fc.constant(false),
  }),
  Secret: some({
    data: fc.dictionary(
      word,
      text.map((value) => Buffer.from(value).toString('base64')),
      { maxKeys: 3, noNullPrototype: true },
    ),
    stringData: texts(),
    type: fc.constant('Opaque'),
  }),
  Service: fc
    .record({
      ports: fc.uniqueArray(
        fc
          .record({
            name: word,
            port: fc.integer({ min: 1, max: 65_535 }),
            more: some({
              targetPort: fc.oneof(fc.integer({ min: 1, max: 65_535 }), word),
              protocol: fc.constantFrom('TCP', 'UDP'),
            }),
          })
          .map(({ name, port, more }): JsonObject => ({ name, port, ...more })),
        {
          minLength: 1,
          maxLength: 3,
          comparator: (left, right) => left['name'] === right['name'] || left['port'] === right['port'],
        },
      ),
      more: some({
        selector: fc.dictionary(word, word, { maxKeys: 2, noNullPrototype: true }),
        sessionAffinity: fc.constantFrom('None', 'ClientIP'),
      }),
    })
    .map(({ ports, more }) => ({ spec: { ports, ...more } })),
  Deployment: fc
    .record({
      pod: podSpec,
      annotations: texts(),
      more: some({
        replicas: fc.integer({ min: 0, max: 2 }),
        revisionHistoryLimit: fc.integer({ min: 0, max: 5 }),
        // Never another type: the API refuses `Recreate` beside the defaults of a rolling update that it filled in itself.
        strategy: fc.constantFrom<Json[]>(
          { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
          { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
        ),
      }),
    })
    .map(({ pod, annotations, more }) => ({
      spec: {
        selector: { matchLabels: { app: 'generated' } },
        template: { metadata: { labels: { app: 'generated' }, annotations }, spec: pod },
        ...more,
      },
    })),
  CronJob: fc
    .record({
      pod: podSpec,
      restartPolicy: fc.constantFrom('Never', 'OnFailure'),
      schedule: fc.constantFrom('0 0 1 1 *', '@yearly', '5 4 1 2 0'),
      more: some({
        concurrencyPolicy: fc.constantFrom('Allow', 'Forbid', 'Replace'),
        successfulJobsHistoryLimit: fc.integer({ min: 0, max: 3 }),
      }),
    })
    .map(({ pod, restartPolicy, schedule, more }) => ({
      spec: {
        schedule,
        suspend: true,
        jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy } } } },
        ...more,
      },
    })),
  Role: some({
    rules: fc.array(
      fc.record({
        apiGroups: fc.constant(['']),
        resources: fc.shuffledSubarray(['pods', 'configmaps', 'secrets'], { minLength: 1 }),
        verbs: fc.shuffledSubarray(['get', 'list', 'watch'], { minLength: 1 }),
      }),
      { maxLength: 2 },
    ),
  }),
};

const apiVersions: Readonly<Record<GeneratedKind, string>> = {
  ConfigMap: 'v1',
  Secret: 'v1',
  Service: 'v1',
  Deployment: 'apps/v1',
  CronJob: 'batch/v1',
  Role: 'rbac.authorization.k8s.io/v1',
};

/** Valid objects of these kinds, `of-1`, `of-2` and so on by kind; the same seed gives the same ones. */
export function generatedObjects(of: {
  readonly kinds: readonly GeneratedKind[];
  readonly ofEachKind: number;
  readonly seed: number;
}): readonly JsonObject[] {
  return of.kinds.flatMap((kind) =>
    fc
      .sample(fc.tuple(metadata, bodies[kind]), { numRuns: of.ofEachKind, seed: of.seed })
      .map(([more, body], index) => ({
        apiVersion: apiVersions[kind],
        kind,
        metadata: { name: `of-${kind.toLowerCase()}-${index + 1}`, ...more },
        ...body,
      })),
  );
}
