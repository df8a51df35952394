import { describe, expect, test } from 'vitest';
import { completionOf, deletionOf, type Health, healthOf, pruningOf } from '../../../src/domain/deployment/health.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';

function object(
  kind: string,
  parts: { spec?: JsonObject; status?: JsonObject; metadata?: JsonObject } = {},
): JsonObject {
  const [apiVersion = 'v1', plainKind = kind] = kind.includes(' ') ? kind.split(' ') : ['v1', kind];
  const { metadata = {}, ...rest } = parts;
  return { apiVersion, kind: plainKind, metadata: { name: 'x', ...metadata }, ...rest };
}

function condition(type: string, status: string, more: JsonObject = {}): Json {
  return { type, status, ...more };
}

type Case = readonly [what: string, parts: Parameters<typeof object>[1], kind: Health['kind'], reason?: string];

function table(kind: string, cases: readonly Case[]): void {
  describe(`a ${kind.slice(kind.indexOf(' ') + 1)}`, () => {
    test.each(cases.map(([what, parts, health, reason]) => ({ what, parts, health, reason })))(
      '$what is $health',
      ({ parts, health, reason }) => {
        const judged = healthOf(object(kind, parts ?? {}));
        expect(judged.kind).toBe(health);
        if (judged.kind !== 'healthy') expect(judged.reason).toContain(reason ?? '');
      },
    );
  });
}

const rollout = (counts: JsonObject, spec: JsonObject = { replicas: 3 }) => ({
  spec,
  status: { observedGeneration: 1, ...counts },
  metadata: { generation: 1 },
});
const done = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

table('apps/v1 Deployment', [
  ['that its controller never saw', { spec: { replicas: 3 }, status: {} }, 'progressing', 'has not seen it yet'],
  [
    'of an older generation',
    { ...rollout(done), metadata: { generation: 2 } },
    'progressing',
    'has not seen the change',
  ],
  ['that is scaling up', rollout({ ...done, updatedReplicas: 1 }), 'progressing', '1 of 3 replicas are updated'],
  ['that still has old replicas', rollout({ ...done, replicas: 5 }), 'progressing', '2 old replicas'],
  [
    'whose replicas are not available',
    rollout({ ...done, availableReplicas: 1 }),
    'progressing',
    '1 of 3 replicas are available',
  ],
  ['whose replicas are not ready', rollout({ ...done, readyReplicas: 2 }), 'progressing', '2 of 3 replicas are ready'],
  ['that is rolled out', rollout(done), 'healthy'],
  ['that is rolled out and says so', rollout({ ...done, conditions: [condition('Available', 'True')] }), 'healthy'],
  [
    'that says that it is not available',
    rollout({ ...done, conditions: [condition('Available', 'False', { message: 'below minimum' })] }),
    'progressing',
    'below minimum',
  ],
  [
    'with one replica by default',
    rollout({ replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }, {}),
    'healthy',
  ],
  ['scaled to none', rollout({ conditions: [condition('Available', 'False')] }, { replicas: 0 }), 'healthy'],
  [
    'that exceeded its deadline',
    rollout({
      ...done,
      updatedReplicas: 1,
      conditions: [
        condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out progressing' }),
      ],
    }),
    'failed',
    'timed out progressing',
  ],
  [
    'that goes on',
    rollout({
      ...done,
      updatedReplicas: 1,
      conditions: [condition('Progressing', 'True', { reason: 'ReplicaSetUpdated' })],
    }),
    'progressing',
  ],
]);

const set = (counts: JsonObject, spec: JsonObject = {}) =>
  rollout({ currentRevision: 'b', updateRevision: 'b', ...counts }, { replicas: 3, ...spec });
const setDone = { replicas: 3, readyReplicas: 3, updatedReplicas: 3, currentReplicas: 3 };
const partition = (count: number): JsonObject => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: count } },
});

table('apps/v1 StatefulSet', [
  ['that its controller never saw', { spec: { replicas: 3 } }, 'progressing', 'has not seen it yet'],
  ['that lacks replicas', set({ ...setDone, replicas: 2 }), 'progressing', '2 of 3 replicas exist'],
  ['whose replicas are not ready', set({ ...setDone, readyReplicas: 2 }), 'progressing', '2 of 3 replicas are ready'],
  ['that is scaling down', set({ ...setDone, replicas: 4 }), 'progressing', '1 replicas are to go'],
  ['that is rolling out', set({ ...setDone, currentReplicas: 1 }), 'progressing', '1 of 3 replicas are current'],
  ['whose revision is not the current one yet', set({ ...setDone, updateRevision: 'c' }), 'progressing', 'rolling out'],
  ['that is rolled out', set(setDone), 'healthy'],
  [
    'up to its partition',
    set({ ...setDone, updatedReplicas: 1, currentReplicas: 2, updateRevision: 'c' }, partition(2)),
    'healthy',
  ],
  [
    'not yet up to its partition',
    set({ ...setDone, updatedReplicas: 0, updateRevision: 'c' }, partition(2)),
    'progressing',
    '0 of 1 replicas are updated',
  ],
  ['that is renewed by hand', set({}, { updateStrategy: { type: 'OnDelete' } }), 'healthy'],
]);

const daemons = {
  desiredNumberScheduled: 3,
  updatedNumberScheduled: 3,
  numberAvailable: 3,
  numberReady: 3,
  observedGeneration: 1,
};

table('apps/v1 DaemonSet', [
  ['that its controller never saw', { status: {} }, 'progressing', 'has not seen it yet'],
  ['whose nodes nobody counted', { status: { observedGeneration: 1 } }, 'progressing', 'counted'],
  [
    'that is rolling out',
    { status: { ...daemons, updatedNumberScheduled: 1 } },
    'progressing',
    '1 of 3 pods are updated',
  ],
  [
    'whose pods are not available',
    { status: { ...daemons, numberAvailable: 2 } },
    'progressing',
    '2 of 3 pods are available',
  ],
  ['whose pods are not ready', { status: { ...daemons, numberReady: 2 } }, 'progressing', '2 of 3 pods are ready'],
  ['that is rolled out', { status: daemons }, 'healthy'],
  [
    'without nodes',
    {
      status: { ...daemons, desiredNumberScheduled: 0, updatedNumberScheduled: 0, numberAvailable: 0, numberReady: 0 },
    },
    'healthy',
  ],
  [
    'that is renewed by hand',
    { spec: { updateStrategy: { type: 'OnDelete' } }, status: { ...daemons, updatedNumberScheduled: 0 } },
    'healthy',
  ],
]);

table('apps/v1 ReplicaSet', [
  [
    'that cannot create pods',
    { spec: { replicas: 1 }, status: { conditions: [condition('ReplicaFailure', 'True', { message: 'quota' })] } },
    'progressing',
    'quota',
  ],
  ['that lacks replicas', { spec: { replicas: 2 }, status: { availableReplicas: 1 } }, 'progressing', '1 of 2'],
  [
    'that has too many',
    { spec: { replicas: 1 }, status: { replicas: 2, availableReplicas: 2 } },
    'progressing',
    '1 replicas are to go',
  ],
  ['that is complete', { spec: { replicas: 2 }, status: { replicas: 2, availableReplicas: 2 } }, 'healthy'],
]);

table('batch/v1 Job', [
  ['that has not started', { status: {} }, 'progressing', 'not started'],
  ['that runs', { status: { startTime: '2026-01-01T00:00:00Z' } }, 'healthy'],
  ['that is complete', { status: { conditions: [condition('Complete', 'True')] } }, 'healthy'],
  [
    'that failed',
    { status: { startTime: 'x', conditions: [condition('Failed', 'True', { reason: 'BackoffLimitExceeded' })] } },
    'failed',
    'BackoffLimitExceeded',
  ],
  ['that is not failed', { status: { startTime: 'x', conditions: [condition('Failed', 'False')] } }, 'healthy'],
  ['that is to wait', { spec: { suspend: true }, status: {} }, 'healthy'],
]);

const crashing = { name: 'web', state: { waiting: { reason: 'CrashLoopBackOff' } } };

table('Pod', [
  ['that is new', {}, 'progressing', 'pending'],
  [
    'that cannot be scheduled',
    { status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', { message: 'no nodes' })] } },
    'progressing',
    'no nodes',
  ],
  [
    'that starts',
    { status: { phase: 'Pending', conditions: [condition('PodScheduled', 'True')] } },
    'progressing',
    'pending',
  ],
  [
    'that runs and is not ready',
    { status: { phase: 'Running', conditions: [condition('Ready', 'False', { message: 'probe failed' })] } },
    'progressing',
    'probe failed',
  ],
  ['that runs and says nothing', { status: { phase: 'Running' } }, 'progressing', 'not ready'],
  [
    'that crashes again and again',
    {
      status: {
        phase: 'Running',
        conditions: [condition('Ready', 'False')],
        containerStatuses: [{ name: 'log', state: { running: {} } }, crashing],
      },
    },
    'failed',
    'container web crashes',
  ],
  [
    'that is ready',
    { status: { phase: 'Running', conditions: [condition('Ready', 'True')], containerStatuses: [crashing] } },
    'healthy',
  ],
  ['that is done', { status: { phase: 'Succeeded' } }, 'healthy'],
  ['that failed', { status: { phase: 'Failed', reason: 'Evicted' } }, 'failed', 'Evicted'],
  ['that failed without a word', { status: { phase: 'Failed' } }, 'failed', 'it failed'],
]);

table('PersistentVolumeClaim', [
  ['that waits', { status: { phase: 'Pending' } }, 'progressing', 'not bound'],
  ['that is bound', { status: { phase: 'Bound' } }, 'healthy'],
  ['that lost its volume', { status: { phase: 'Lost' } }, 'failed', 'lost'],
]);

const balanced = (ingress: Json) => ({ spec: { type: 'LoadBalancer' }, status: { loadBalancer: { ingress } } });

table('Service', [
  ['of the usual type', { spec: {} }, 'healthy'],
  [
    'that waits for its load balancer',
    { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } },
    'progressing',
    'no address',
  ],
  ['whose load balancer names none', balanced([]), 'progressing', 'no address'],
  ['whose load balancer names an empty one', balanced([{}, { ip: '' }]), 'progressing', 'no address'],
  ['whose load balancer has an address', balanced([{ ip: '192.0.2.1' }]), 'healthy'],
  ['whose load balancer has a name', balanced([{ hostname: 'lb.example.com' }]), 'healthy'],
]);

table('Namespace', [
  ['that is active', { status: { phase: 'Active' } }, 'healthy'],
  ['that is not', { status: { phase: 'Terminating' } }, 'progressing', 'not active'],
]);

table('apiextensions.k8s.io/v1 CustomResourceDefinition', [
  ['that is new', {}, 'progressing', 'not established'],
  [
    'whose names are taken',
    { status: { conditions: [condition('NamesAccepted', 'False', { message: 'conflict' })] } },
    'failed',
    'conflict',
  ],
  [
    'that is established',
    { status: { conditions: [condition('NamesAccepted', 'True'), condition('Established', 'True')] } },
    'healthy',
  ],
]);

const observed = (seen: number, generation: number) => ({
  metadata: { generation },
  status: { observedGeneration: seen },
});

table('acme.io/v1 Gadget', [
  ['without status', {}, 'healthy'],
  ['without conditions', { status: { phase: 'Odd' } }, 'healthy'],
  ['that is ready', { status: { conditions: [condition('Ready', 'True')] } }, 'healthy'],
  [
    'that is not ready',
    { status: { conditions: [condition('Ready', 'False', { message: 'waits for the database' })] } },
    'progressing',
    'waits for the database',
  ],
  ['of which nobody knows', { status: { conditions: [condition('Ready', 'Unknown')] } }, 'progressing', 'not ready'],
  [
    'that is not available',
    { status: { conditions: [condition('Ready', 'True'), condition('Available', 'False')] } },
    'progressing',
    'not available',
  ],
  ['with conditions of other kinds', { status: { conditions: [condition('Degraded', 'True')] } }, 'healthy'],
  [
    'that is reconciling',
    { status: { conditions: [condition('Ready', 'True'), condition('Reconciling', 'True', { message: 'step 2' })] } },
    'progressing',
    'step 2',
  ],
  [
    'that is stalled',
    { status: { conditions: [condition('Reconciling', 'True'), condition('Stalled', 'True', { reason: 'BadSpec' })] } },
    'failed',
    'BadSpec',
  ],
  [
    'that was stalled',
    { status: { conditions: [condition('Stalled', 'False'), condition('Reconciling', 'False')] } },
    'healthy',
  ],
  ['whose controller lags behind', observed(1, 2), 'progressing', 'has not seen the change'],
  ['whose controller is there', observed(2, 2), 'healthy'],
  [
    'that lags behind and was stalled before',
    { metadata: { generation: 2 }, status: { observedGeneration: 1, conditions: [condition('Stalled', 'True')] } },
    'progressing',
  ],
  [
    'that is being deleted',
    { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { conditions: [condition('Ready', 'True')] } },
    'progressing',
    'being deleted',
  ],
]);

describe('a status of another shape', () => {
  test.each<Json>([null, 'text', 7, []])('does not stop the judging: %j', (odd) => {
    for (const kind of ['apps/v1 Deployment', 'Pod', 'acme.io/v1 Gadget']) {
      expect(healthOf({ ...object(kind), status: odd, spec: odd }).kind).toMatch(/healthy|progressing/);
      expect(healthOf({ ...object(kind), status: { conditions: odd } }).kind).toMatch(/healthy|progressing/);
    }
    expect(healthOf({}).kind).toBe('healthy');
  });
});

test('a reason quotes none of the object’s secrets, however a condition came to know them', () => {
  const env = [{ name: 'DB_PASSWORD', value: 'xK4v9Qm2TzR7wL1p' }];
  const message =
    'admission webhook "a" denied the request: pod has env DB_PASSWORD=xK4v9Qm2TzR7 and API_TOKEN="other"';
  const judged = healthOf(
    object('apps/v1 Deployment', {
      spec: { template: { spec: { containers: [{ name: 'web', env }] } } },
      status: {
        observedGeneration: 1,
        conditions: [condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message })],
      },
    }),
  );
  expect(judged).toEqual({
    kind: 'failed',
    reason: 'admission webhook "a" denied the request: pod has env DB_PASSWORD=(masked) and API_TOKEN="(masked)"',
  });
});

describe('what comes before something else', () => {
  const job = (status: JsonObject, spec: JsonObject = {}) => object('batch/v1 Job', { spec, status });

  test.each([
    ['a Job that runs', job({ startTime: '2026-01-01T00:00:00Z' }), 'progressing'],
    ['a Job that ended', job({ conditions: [condition('Complete', 'True')] }), 'healthy'],
    ['a Job that failed', job({ conditions: [condition('Failed', 'True')] }), 'failed'],
    ['a Job that is suspended', job({}, { suspend: true }), 'healthy'],
    ['anything else that is healthy', object('ConfigMap'), 'healthy'],
  ])('%s is %s', (_, judged, kind) => {
    expect(completionOf(judged).kind).toBe(kind);
  });
});

describe('what is deleted', () => {
  const deleted = (finalizers?: readonly string[]) =>
    object('ConfigMap', {
      metadata: {
        uid: 'u1',
        deletionTimestamp: '2026-01-01T00:00:00Z',
        ...(finalizers === undefined ? {} : { finalizers }),
      },
    });

  test.each([
    ['is gone when it does not exist', undefined],
    ['is gone when another object has its name', object('ConfigMap', { metadata: { uid: 'u2' } })],
  ])('%s', (_, live) => {
    expect(deletionOf(live, 'u1')).toEqual({ kind: 'healthy' });
  });

  test.each([
    [
      'names the finalizers that keep it',
      deleted(['acme.io/a', 'acme.io/b']),
      'its finalizers keep it: acme.io/a, acme.io/b',
    ],
    ['waits for what depends on it', deleted(['foregroundDeletion']), 'what depends on it'],
    ['may just not have ended', deleted(), 'has not ended yet'],
  ])('%s', (_, live, reason) => {
    expect(deletionOf(live, 'u1')).toMatchObject({ kind: 'progressing', reason: expect.stringContaining(reason) });
  });
});

test('what is pruned and only its users keep is as good as gone; what is replaced is not', () => {
  const volume = (...finalizers: readonly string[]) =>
    object('PersistentVolume', { metadata: { uid: 'u1', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers } });
  const used = volume('kubernetes.io/pv-protection');
  expect(pruningOf(used, 'u1')).toEqual({ kind: 'healthy' });
  expect(deletionOf(used, 'u1').kind).toBe('progressing');
  expect(pruningOf(volume('kubernetes.io/pv-protection', 'acme.io/a'), 'u1').kind).toBe('progressing');
  const untouched = object('PersistentVolume', {
    metadata: { uid: 'u1', finalizers: ['kubernetes.io/pv-protection'] },
  });
  expect(pruningOf(untouched, 'u1').kind).toBe('progressing');
  expect(pruningOf(undefined, 'u1')).toEqual({ kind: 'healthy' });
});

test('a condition that tells of an older generation tells nothing', () => {
  const conditions = [condition('Ready', 'True', { observedGeneration: 1 })];
  expect(healthOf(object('acme.io/v1 Gadget', { metadata: { generation: 2 }, status: { conditions } })).kind).toBe(
    'progressing',
  );
  expect(healthOf(object('acme.io/v1 Gadget', { metadata: { generation: 1 }, status: { conditions } })).kind).toBe(
    'healthy',
  );
});
