import { describe, expect, test } from 'vitest';
import {
  failingContainer,
  labelSelectorOf,
  newest,
  ownedBy,
  podState,
  podsOf,
  worstPod,
} from '../../../src/domain/deployment/failing-pod.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';

const container = (name: string, state: JsonObject, more: JsonObject = {}): JsonObject => ({
  name,
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
const running = container('web', { running: {} }, { ready: true });
const unready = container('web', { running: {} });
const pulling = container('web', { waiting: { reason: 'ImagePullBackOff', message: 'manifest unknown' } });
const crashing = container(
  'web',
  { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
  { restartCount: 3, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
);
const creating = container('web', { waiting: { reason: 'ContainerCreating' } });
const ended = container('setup', { terminated: { exitCode: 0, reason: 'Completed' } });

const pod = (
  name: string,
  containers: readonly JsonObject[],
  { created = '2026-01-01T00:00:00Z', status = {} }: { readonly created?: string; readonly status?: JsonObject } = {},
): JsonObject => ({
  metadata: { name, creationTimestamp: created },
  status: { phase: 'Running', containerStatuses: containers, ...status },
});
const nameOf = (object: JsonObject | undefined): Json | undefined =>
  (object?.['metadata'] as JsonObject | undefined)?.['name'];

describe('the pod that says most', () => {
  test.each([
    ['one that crashed before one that only is not ready', [pod('a', [unready]), pod('b', [crashing])], 'b'],
    ['one that cannot start before one that is not ready', [pod('a', [unready]), pod('b', [pulling])], 'b'],
    [
      'one that has failed before one that crashes',
      [pod('a', [crashing]), pod('b', [], { status: { phase: 'Failed' } })],
      'b',
    ],
    ['the newest of equals', [pod('a', [unready]), pod('b', [unready], { created: '2026-01-02T00:00:00Z' })], 'b'],
    ['one that waits for a node', [pod('a', [running]), pod('b', [], { status: { phase: 'Pending' } })], 'b'],
  ])('is %s', (_, pods, name) => {
    expect(nameOf(worstPod(pods))).toBe(name);
    expect(nameOf(worstPod([...pods].reverse()))).toBe(name);
  });

  test('is none where all are fine, or are going', () => {
    const going = { ...pod('a', [crashing]), metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(
      worstPod([pod('b', [running]), pod('c', [ended], { status: { phase: 'Succeeded' } }), going]),
    ).toBeUndefined();
    expect(worstPod([])).toBeUndefined();
  });
});

describe('the container that fails', () => {
  test.each([
    [
      'crashes',
      crashing,
      'previous',
      'waiting, CrashLoopBackOff: back-off 40s (restarted 3 times); its last run ended with status 137',
    ],
    ['cannot be pulled', pulling, undefined, 'waiting, ImagePullBackOff: manifest unknown'],
    ['is not ready', unready, 'current', 'running, not ready'],
    [
      'has ended',
      container('web', { terminated: { exitCode: 1, reason: 'Error' } }),
      'current',
      'terminated, Error, status 1',
    ],
    ['is being made', creating, undefined, 'waiting, ContainerCreating'],
    ['says nothing', container('web', {}), undefined, 'waiting'],
  ])('and %s', (_, of, log, state) => {
    expect(failingContainer(pod('a', [running, of]))).toEqual({ name: 'web', state, log });
  });

  test('is the init container, while that keeps the others from starting', () => {
    const setup = { ...crashing, name: 'setup' };
    const initialising = container('web', { waiting: { reason: 'PodInitializing' } });
    expect(failingContainer(pod('a', [initialising], { status: { initContainerStatuses: [setup] } }))?.name).toBe(
      'setup',
    );
  });

  test('is none where all run and are ready, or have done their work', () => {
    expect(failingContainer(pod('a', [running], { status: { initContainerStatuses: [ended] } }))).toBeUndefined();
  });
});

test.each([
  [
    { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' }] },
    'Pending: 0/2 nodes are available',
  ],
  [{ phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' }, 'Failed: The node was low on memory'],
  [{ phase: 'Failed', reason: 'DeadlineExceeded' }, 'Failed: DeadlineExceeded'],
  [{}, 'unknown'],
])('the state of a pod with status %j is %s', (status, state) => {
  expect(podState({ status })).toBe(state);
});

describe('the way to a workload’s pods', () => {
  test('leads through ReplicaSets for a Deployment, and straight to them for others', () => {
    expect(podsOf({ group: 'apps', kind: 'Deployment' })).toEqual({ through: 'ReplicaSet' });
    expect(podsOf({ group: 'batch', kind: 'Job' })).toEqual({ through: undefined });
    expect(podsOf({ group: '', kind: 'Service' })).toBeUndefined();
    expect(podsOf({ group: 'acme.io', kind: 'Deployment' })).toBeUndefined();
  });

  test('begins with its labels, where labels alone select', () => {
    expect(labelSelectorOf({ spec: { selector: { matchLabels: { app: 'web', tier: 'front' } } } })).toBe(
      'app=web,tier=front',
    );
    expect(
      labelSelectorOf({ spec: { selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } } }),
    ).toBeUndefined();
  });

  test('ends with those that it controls, and no other’s', () => {
    const owned = (name: string, uid: string, controller: boolean): JsonObject => ({
      metadata: { name, ownerReferences: [{ uid, controller }] },
    });
    const all = [owned('a', 'u1', true), owned('b', 'u1', false), owned('c', 'u2', true), { metadata: { name: 'd' } }];
    expect(ownedBy(all, new Set(['u1'])).map(nameOf)).toEqual(['a']);
  });

  test('takes the newest ReplicaSet', () => {
    const old = pod('old', []);
    const young = pod('young', [], { created: '2026-02-01T00:00:00Z' });
    expect(nameOf(newest([old, young]))).toBe('young');
    expect(newest([])).toBeUndefined();
  });
});
