import { describe, expect, it } from 'vitest';
import { bundledSchemas } from '../../../src/adapters/bundled-schemas/bundled-schemas.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import { groupOf } from '../../../src/domain/manifest/rendered-object.ts';
import { checkCustomResource } from '../../../src/domain/schema/check-custom-resource.ts';
import { offlineCheck } from '../../../src/domain/schema/check-render.ts';

const bundled = bundledSchemas();

/** What is said of the last object of a file. */
function said(text: string, version = '1.35') {
  const { objects } = decodeManifests([{ path: 'a.yaml', text }]);
  const known = bundled.of(version);
  const object = objects.at(-1);
  if (known === undefined || object === undefined) throw new Error('nothing to check');
  const check = offlineCheck(objects, { known, custom: checkCustomResource, reason: 'no cluster' });
  const { kind, name } = object;
  const { confidence, problems } = check(object, { group: groupOf(object.apiVersion), kind, name });
  return { ...confidence, problems: problems.map(({ message, position }) => `${position?.line}: ${message}`) };
}

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Cluster
  names: { plural: things, kind: Thing }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { size: { type: integer } } } } }]
---
`;

describe('objects checked without a cluster', () => {
  it.each(bundled.versions)('are checked against the bundled schemas of Kubernetes %s', (version) => {
    const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: many
  selector: {}
  template:
    spec:
      containers:
        - { image: web, imagePullPolicy: Allways, portz: [] }
`;
    expect(said(deployment, version)).toEqual({
      level: 'schema',
      reason: `no cluster; checked against Kubernetes ${version}`,
      problems: [
        '5: Deployment web: spec.replicas must be an integer',
        '10: Deployment web: spec.template.spec.containers[0].imagePullPolicy must be one of "Always", "IfNotPresent", "Never"',
        '10: Deployment web: unknown field spec.template.spec.containers[0].portz',
        '10: Deployment web: spec.template.spec.containers[0].name is required',
      ],
    });
  });

  it('are not refused for what the API server fills in', () => {
    const binding = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: web }
roleRef: { kind: ClusterRole, name: view }
subjects: [{ kind: Group, name: web }]
`;
    expect(said(binding).problems).toEqual([]);
  });

  it('are checked against the definition in the same files', () => {
    const thing = `${definition}apiVersion: example.com/v1
kind: Thing
metadata: { name: one }
size: large
`;
    expect(said(thing)).toEqual({
      level: 'schema',
      reason: 'no cluster; checked against its definition in these files',
      problems: ['13: Thing one: size must be an integer'],
    });
  });

  it.each([
    ['extensions/v1beta1', 'Deployment', 'Kubernetes 1.35 does not have Deployment as extensions/v1beta1; use apps/v1'],
    [
      'policy/v1beta1',
      'PodDisruptionBudget',
      'Kubernetes 1.35 does not have PodDisruptionBudget as policy/v1beta1; use policy/v1',
    ],
    [
      'policy/v1beta1',
      'PodSecurityPolicy',
      'Kubernetes 1.35 does not have PodSecurityPolicy as policy/v1beta1; nothing replaced it',
    ],
  ])('may be of an API version that is gone: %s %s', (apiVersion, kind, message) => {
    expect(said(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\n`).problems).toEqual([
      `1: ${message}`,
    ]);
  });

  it('say so when nobody knows their kind', () => {
    expect(said('apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\n')).toEqual({
      level: 'rendered',
      reason: 'no cluster; neither Kubernetes 1.35 nor a definition in these files knows Thing of example.com/v1',
      problems: [],
    });
    expect(said(`${definition}apiVersion: example.com/v2\nkind: Thing\nmetadata: { name: a }\n`).problems).toEqual([
      '10: the definition in these files does not serve Thing as example.com/v2; it has example.com/v1',
    ]);
  });
});
