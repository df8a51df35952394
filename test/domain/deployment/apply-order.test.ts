import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyStages, deleteStages } from '../../../src/domain/deployment/apply-order.ts';
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
const ofTheRest = [config, claim, service, gadget, workload, scaler, ingress, apiService, webhook];
const all = [crd, namespace, account, clusterRole, role, binding, ...ofTheRest];

const item = (of: ObjectIdentity, wave = 0, unserved = false) => ({ object: of, wave, unserved });
const stagesOf = (...items: readonly ReturnType<typeof item>[]) =>
  applyStages(items).map((stage) => stage.map((one) => one.object));
const deletesOf = (...objects: readonly ObjectIdentity[]) =>
  deleteStages(objects.map((one) => ({ object: one }))).map((stage) => stage.map((one) => one.object));

describe('the stages of an apply', () => {
  test('are definitions, namespaces, rights and the rest, each in the order of what needs what', () => {
    expect(stagesOf(...[...all].reverse().map((one) => item(one)))).toEqual([
      [crd],
      [namespace],
      [account, clusterRole, role, binding],
      ofTheRest,
    ]);
  });

  test.each([
    ['a kind of somebody else that is called Namespace', object('acme.io/Namespace', 'web/x')],
    [
      'a kind of somebody else that is called CustomResourceDefinition',
      object('acme.io/CustomResourceDefinition', 'x'),
    ],
    ['a custom resource without namespace, whose webhook may come with the workloads', object('acme.io/Fleet', 'x')],
    ['one of a group that ends like those of Kubernetes', object('gateway.networking.k8s.io/GatewayClass', 'x')],
    ['a webhook configuration, whose service has to run first', webhook],
    ['an APIService, whose service has to run first', apiService],
  ])('put %s after the rights', (_, one) => {
    expect(stagesOf(item(one), item(role))).toEqual([[role], [one]]);
  });

  test('put a PersistentVolume, which belongs to no namespace, before the rest', () => {
    const disk = object('PersistentVolume', 'disk');
    expect(stagesOf(item(config), item(disk))).toEqual([[disk], [config]]);
  });

  test('part the rest by waves, lowest first', () => {
    const job = object('batch/Job', 'web/migrate');
    expect(stagesOf(item(workload), item(webhook, 10), item(job, -1), item(config, -1), item(service))).toEqual([
      [config, job],
      [service, workload],
      [webhook],
    ]);
  });

  test('leave waves aside for what others need in any case', () => {
    expect(stagesOf(item(config, -5), item(namespace, 3), item(crd, 9))).toEqual([[crd], [namespace], [config]]);
  });

  test('end with what waits for its kind to appear, whatever its wave', () => {
    expect(stagesOf(item(gadget, -1, true), item(workload, 7), item(crd))).toEqual([[crd], [workload], [gadget]]);
  });

  test('hold every object once, and are the same whatever the order of the files', () => {
    const identities = fc.constantFrom(...all, object('acme.io/Gadget', 'two'), object('ConfigMap', 'shop/app'));
    const items = fc.uniqueArray(
      fc.record({ object: identities, wave: fc.integer({ min: -2, max: 2 }), unserved: fc.boolean() }),
      { selector: (one) => identityKey(one.object) },
    );
    fc.assert(
      fc.property(items, fc.nat(), (list, turns) => {
        const at = turns % (list.length || 1);
        const turned = [...list.slice(at), ...list.slice(0, at)].reverse();
        const keys = (of: typeof list) => applyStages(of).map((stage) => stage.map((one) => identityKey(one.object)));
        expect(keys(turned)).toEqual(keys(list));
        expect(keys(list).flat().sort()).toEqual(list.map((one) => identityKey(one.object)).sort());
      }),
    );
  });
});

describe('the stages of deleting', () => {
  test('go from custom resources over what refers to what is referred to, definitions last', () => {
    expect(deletesOf(...all)).toEqual([
      [gadget],
      [...ofTheRest].reverse().filter((one) => one !== gadget),
      [binding, role, clusterRole, account],
      [namespace],
      [crd],
    ]);
  });

  test('are none for nothing', () => {
    expect(deletesOf()).toEqual([]);
  });
});
