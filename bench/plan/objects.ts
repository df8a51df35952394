import { canonicalJson, type JsonObject } from '../../src/domain/json.ts';

/** As many objects of four kinds as are wanted, as people write them; `round` is in each of them, so that two rounds differ in every object. */
export function someObjects(count: number, namespace: string, round: number): readonly JsonObject[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `object-${index}`;
    const labels = { app: name, team: `team-${index % 7}` };
    const metadata = { name, namespace, labels };
    switch (index % 4) {
      case 0:
        return {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata,
          data: { level: `level-${round}`, 'app.conf': `${'key = value\n'.repeat(20)}` },
        };
      case 1:
        return {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { ...metadata, annotations: { 'example.com/round': String(round) } },
          spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
        };
      case 2:
        return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment(name, labels, round) };
      default:
        return {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata,
          spec: {
            schedule: '0 3 * * *',
            suspend: true,
            jobTemplate: {
              spec: { template: { spec: { restartPolicy: 'Never', containers: [container(name, round)] } } },
            },
          },
        };
    }
  });
}

/** Without pods: what moves in a benchmark is what it moves. */
function deployment(name: string, labels: JsonObject, round: number): JsonObject {
  return {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels }, spec: { containers: [container(name, round), container('sidecar', 0)] } },
  };
}

function container(name: string, round: number): JsonObject {
  return {
    name,
    image: `registry.test/${name}:${round}`,
    args: ['--verbose', '--listen=:8080'],
    env: [
      { name: 'LEVEL', value: 'info' },
      { name: 'REGION', value: 'eu-west-1' },
    ],
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  };
}

/** JSON is YAML, but nobody writes it: the documents are in the block style of `kubectl get -o yaml`. */
export function asYaml(objects: readonly JsonObject[], dump: (value: JsonObject) => string): string {
  return objects.map((object) => dump(JSON.parse(canonicalJson(object)) as JsonObject)).join('---\n');
}
