import {
  clusterUid,
  commitSha,
  type PlanDigest,
  planDigest,
  pullNumber,
  repositoryId,
  targetName,
  treeSha,
} from '../../../src/domain/identity.ts';
import type { Change, Difference } from '../../../src/domain/plan/plan.ts';
import type { ShownPlan } from '../../../src/flows/show-plan.ts';
import { deployment, deploymentSchema, facts, planOf } from '../../domain/plan/object-builder.ts';

export const digest: PlanDigest = planDigest('1a2b3c4d5e6f'.padEnd(64, '0'));

/** An update of one image, unless the test says otherwise. */
export function aChange(facts: Partial<Change> = {}): Change {
  return {
    object: { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'api' },
    action: 'update',
    differences: [aDifference()],
    confidence: { level: 'server' },
    notes: [],
    position: { path: 'apps/payments/overlays/production/api.yaml', line: 12, column: 1 },
    write: true,
    ...facts,
  };
}

export function aDifference(facts: Partial<Difference> = {}): Difference {
  return {
    path: 'spec.template.spec.containers[name=api].image',
    before: { kind: 'text', text: 'registry.example.com/api:1.4.1' },
    after: { kind: 'text', text: 'registry.example.com/api:1.5.0' },
    origin: { kind: 'this' },
    ...facts,
  };
}

export function aShownPlan(
  plan: Partial<ShownPlan['plan']> = {},
  facts: Partial<Omit<ShownPlan, 'plan'>> = {},
): ShownPlan {
  return {
    repository: repositoryId(7),
    ambiguous: false,
    ...facts,
    plan: {
      digest,
      target: targetName('payments', 'production'),
      cluster: { name: 'production-eu', uid: clusterUid('0d5c6c8e-6d0c-4a52-9d39-3f1f5b1d7c11') },
      kind: 'update',
      head: commitSha('a'.repeat(40)),
      base: commitSha('b'.repeat(40)),
      tree: treeSha('c'.repeat(40)),
      changes: [aChange()],
      problems: [],
      complete: true,
      rendered: 12,
      owned: 13,
      ...plan,
    },
  };
}

/** As it was planned: drift, pending and own moves, in lists and beside them. */
function aPlannedChange(): Change {
  const web = (replicas: number, image: string, level: string) =>
    deployment({
      replicas,
      template: {
        spec: {
          containers: [{ name: 'web', image, args: ['--port=8080'], env: [{ name: 'LOG_LEVEL', value: level }] }],
        },
      },
    });
  const { changes } = planOf(
    [
      facts({
        live: web(7, 'web:1.8.2', 'info'),
        deployed: web(3, 'web:1.8.2', 'info'),
        base: web(4, 'web:1.9.0', 'info'),
        merge: web(5, 'web:1.9.0', 'debug'),
        schema: deploymentSchema,
      }),
    ],
    { pendingPulls: [pullNumber(41), pullNumber(44)] },
  );
  const [planned] = changes;
  if (planned === undefined) throw new Error('the object moves');
  return planned;
}

/** Every kind of thing that a page can show, some of it as earlier versions stored it. */
export function aRichPlan(): ShownPlan {
  const script = 'set -eu\nmigrate --wait\nexec api --port 8080\n';
  return aShownPlan({
    changes: [
      aChange({
        object: { group: '', kind: 'ConfigMap', namespace: 'payments', name: 'start' },
        differences: [
          aDifference({
            path: 'data["start.sh"]',
            before: { kind: 'text', text: script },
            after: { kind: 'text', text: script.replace('8080', '9090').replace('set -eu', 'set -euo pipefail') },
          }),
        ],
        confidence: { level: 'schema', reason: 'the admission webhook policy.example.com does not support dry runs' },
      }),
      aChange({
        differences: [
          aDifference(),
          aDifference({
            path: 'spec.replicas',
            before: { kind: 'text', text: '2' },
            after: { kind: 'text', text: '4' },
            origin: { kind: 'pending', pulls: [pullNumber(41), pullNumber(44)] },
          }),
          aDifference({
            path: 'spec.template.spec.containers[name=api].resources.limits.memory',
            before: { kind: 'text', text: '2Gi' },
            after: { kind: 'text', text: '512Mi' },
            origin: { kind: 'drift' },
          }),
          aDifference({
            path: 'metadata.labels["example.com/injected"]',
            before: { kind: 'absent' },
            after: { kind: 'text', text: 'true' },
            origin: { kind: 'server' },
          }),
        ],
        notes: ['takes spec.replicas over from kubectl-edit'],
      }),
      aPlannedChange(),
      aChange({
        object: { group: '', kind: 'Secret', namespace: 'payments', name: 'database' },
        differences: [aDifference({ path: 'data.password', before: { kind: 'secret' }, after: { kind: 'secret' } })],
      }),
      aChange({
        object: { group: 'batch', kind: 'CronJob', namespace: 'payments', name: 'report' },
        action: 'create',
        differences: [
          aDifference({
            path: 'spec.schedule',
            before: { kind: 'absent' },
            after: { kind: 'text', text: '0 * * * *' },
          }),
          aDifference({
            path: 'spec.jobTemplate.spec.template.spec.containers[name=report].image',
            before: { kind: 'absent' },
            after: { kind: 'text', text: 'registry.example.com/report:2' },
          }),
        ],
        confidence: { level: 'rendered', reason: 'the cluster does not know this kind yet' },
      }),
      aChange({
        object: { group: '', kind: 'PersistentVolumeClaim', namespace: 'payments', name: 'ledger' },
        action: 'delete',
        danger: 'deletes the object and the data of its volume',
        differences: [
          aDifference({
            path: 'spec.resources.requests.storage',
            before: { kind: 'text', text: '200Gi' },
            after: { kind: 'absent' },
          }),
          aDifference({
            path: 'spec.storageClassName',
            before: { kind: 'text', text: 'fast' },
            after: { kind: 'absent' },
          }),
        ],
      }),
      aChange({
        object: { group: '', kind: 'Service', namespace: 'payments', name: 'api' },
        action: 'no-op',
        differences: [],
        write: false,
      }),
      aChange({
        object: { group: '', kind: 'ServiceAccount', namespace: 'payments', name: 'api' },
        action: 'no-op',
        differences: [],
        write: true,
        notes: ['adopted: it was there before'],
      }),
    ],
    problems: [
      {
        severity: 'warning',
        message: 'the field spec.minReadySeconds is set twice; the last one counts',
        position: { path: 'apps/payments/overlays/production/api.yaml', line: 31, column: 3 },
      },
    ],
  });
}
