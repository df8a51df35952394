import { describe, expect, it } from 'vitest';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { FieldSchema } from '../../../src/domain/plan/field-schema.ts';
import { definedKinds, withIncoming } from '../../../src/domain/schema/incoming-schemas.ts';

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Cluster
  names: { plural: things, kind: Thing }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { size: { type: integer } } } } }
    - { name: v1beta1, served: false, storage: false }
`;
const kinds = definedKinds(decodeManifests([{ path: 'a.yaml', text: definition }]).objects);

describe('the kinds that a change defines', () => {
  it('are those of its CustomResourceDefinitions, in the versions that are served', () => {
    expect(kinds).toMatchObject([
      { group: 'example.com', kind: 'Thing', namespaced: false, apiVersions: ['example.com/v1'] },
    ]);
    expect(kinds[0]?.schema('example.com/v1')?.properties?.get('size')?.type).toBe('integer');
    expect(kinds[0]?.schema('example.com/v1beta1')).toBeUndefined();
  });

  it('have the schema that the change gives them, unless a cluster has one already', () => {
    const published: FieldSchema = { type: 'object' };
    expect(withIncoming(() => undefined, kinds)('example.com/v1', 'Thing')?.dialect).toBe('custom');
    expect(withIncoming(() => published, kinds)('example.com/v1', 'Thing')).toBe(published);
    expect(withIncoming(() => undefined, kinds)('v1', 'Pod')).toBeUndefined();
  });
});
