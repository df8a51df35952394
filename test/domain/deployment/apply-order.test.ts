import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPhase, applyPhases, compareForApply } from '../../../src/domain/deployment/apply-order.ts';
import { identityKey, type ObjectIdentity } from '../../../src/domain/manifest/rendered-object.ts';
import { object } from '../plan-builder.ts';

const crd = object('apiextensions.k8s.io/CustomResourceDefinition', 'gadgets.acme.io');
const namespace = object('Namespace', 'web');
const clusterRole = object('rbac.authorization.k8s.io/ClusterRole', 'reader');
const binding = object('rbac.authorization.k8s.io/RoleBinding', 'web/reader');
const role = object('rbac.authorization.k8s.io/Role', 'web/reader');
const account = object('ServiceAccount', 'web/app');
const config = object('ConfigMap', 'web/app');
const claim = object('PersistentVolumeClaim', 'web/data');
const service = object('Service', 'web/app');
const gadget = object('acme.io/Gadget', 'web/one');
const workload = object('apps/Deployment', 'web/app');
const scaler = object('autoscaling/HorizontalPodAutoscaler', 'web/app');
const ingress = object('networking.k8s.io/Ingress', 'web/app');
const apiService = object('apiregistration.k8s.io/APIService', 'v1.acme.io');
const webhook = object('admissionregistration.k8s.io/ValidatingWebhookConfiguration', 'acme');
const inOrder = [
  crd,
  namespace,
  account,
  clusterRole,
  role,
  binding,
  config,
  claim,
  service,
  gadget,
  workload,
  scaler,
  ingress,
  apiService,
  webhook,
];

describe('the phases of an apply', () => {
  test.each<[ObjectIdentity, (typeof applyPhases)[number]]>([
    [crd, 'definitions'],
    [namespace, 'namespaces'],
    [clusterRole, 'cluster-scoped and rights'],
    [object('PersistentVolume', 'disk'), 'cluster-scoped and rights'],
    [binding, 'cluster-scoped and rights'],
    [account, 'cluster-scoped and rights'],
    [workload, 'the rest'],
    [gadget, 'the rest'],
    [object('acme.io/Namespace', 'web/x'), 'the rest'],
    [object('acme.io/CustomResourceDefinition', 'web/x'), 'the rest'],
  ])('%j belongs to %s', (identity, phase) => {
    expect(applyPhase(identity)).toBe(phase);
  });

  test.each([webhook, object('admissionregistration.k8s.io/MutatingWebhookConfiguration', 'acme'), apiService])(
    '%j comes with the rest: the service that it calls has to run first',
    (identity) => {
      expect(applyPhase(identity)).toBe('the rest');
    },
  );
});

describe('the order of an apply', () => {
  test('puts what others need before them', () => {
    const shuffled = [...inOrder].reverse();
    expect(shuffled.sort(compareForApply).map((one) => one.kind)).toEqual(inOrder.map((one) => one.kind));
  });

  test('is total, and the same whatever the order of the files', () => {
    const names = fc.constantFrom('a', 'b', 'web/a', 'web/b', 'shop/a');
    const identities = fc.uniqueArray(
      fc
        .tuple(
          fc.constantFrom('ConfigMap', 'apps/Deployment', 'acme.io/Gadget', 'rbac.authorization.k8s.io/Role'),
          names,
        )
        .map(([kind, name]) => object(kind, name)),
      { selector: identityKey, maxLength: 10 },
    );
    fc.assert(
      fc.property(identities, fc.nat(), (list, turns) => {
        const turned = [
          ...list.slice(turns % (list.length || 1)),
          ...list.slice(0, turns % (list.length || 1)),
        ].reverse();
        const keys = (all: readonly ObjectIdentity[]) => [...all].sort(compareForApply).map(identityKey);
        expect(keys(turned)).toEqual(keys(list));
        for (const left of list)
          for (const right of list)
            expect(Math.sign(compareForApply(left, right)) + Math.sign(compareForApply(right, left))).toBe(0);
      }),
    );
  });

  test('has every phase after the one before it', () => {
    const phases = [...inOrder].sort(compareForApply).map((one) => applyPhases.indexOf(applyPhase(one)));
    expect(phases).toEqual([...phases].sort((left, right) => left - right));
  });
});
