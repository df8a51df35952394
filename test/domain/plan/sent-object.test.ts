import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { type ApplySet, partOfLabel } from '../../../src/domain/plan/applyset.ts';
import { type SentFrom, sentObject } from '../../../src/domain/plan/sent-object.ts';
import { deployment, deploymentSchema, pattern } from './object-builder.ts';

const applySet: ApplySet = { id: 'applyset-of-this-target', parentName: 'parent', parentNamespace: 'default' };

const entry = (manager: string, operation: string, fieldsV1: JsonObject): JsonObject => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
});

const spec = (replicas: number | undefined, containers: readonly JsonObject[]): JsonObject => ({
  ...(replicas === undefined ? {} : { replicas }),
  template: { spec: { containers } },
});
const web = { name: 'web', image: 'web:1' };
const sidecar = { name: 'sidecar', image: 'sidecar:1' };

const sent = (onto: SentFrom['onto'], ignored: readonly string[], content = deployment(spec(3, [web]))): JsonObject =>
  sentObject({ content, schema: deploymentSchema, applySet, ignored: ignored.map(pattern), onto });

/** A live object whose fields our own apply wrote, or somebody else's. */
const live = (own: JsonObject, content = spec(7, [web])): JsonObject =>
  deployment(content, { managedFields: [entry('planwright', 'Apply', own), entry('other', 'Update', own)] });

const ownReplicas = { 'f:spec': { 'f:replicas': {} } };
const specOf = (object: JsonObject) => object['spec'];

describe('what is sent for an object', () => {
  test('is what is rendered, with the ownership label', () => {
    expect(sent({ kind: 'nothing' }, [])).toEqual(
      deployment(spec(3, [web]), { labels: { [partOfLabel]: applySet.id } }),
    );
  });

  test('keeps the labels that are rendered', () => {
    const content = deployment({}, { labels: { app: 'web' } });
    expect(sent({ kind: 'nothing' }, [], content)['metadata']).toMatchObject({
      labels: { app: 'web', [partOfLabel]: applySet.id },
    });
  });

  test('has an ignored field when the object is created', () => {
    expect(specOf(sent({ kind: 'nothing' }, ['spec.replicas']))).toEqual(spec(3, [web]));
  });

  test('has the live value of an ignored field that is ours, so that it is not reset', () => {
    expect(specOf(sent({ kind: 'update', live: live(ownReplicas) }, ['spec.replicas']))).toEqual(spec(7, [web]));
  });

  test('has it also when it is not rendered any more', () => {
    const content = deployment(spec(undefined, [web]));
    expect(specOf(sent({ kind: 'update', live: live(ownReplicas) }, ['spec.replicas'], content))).toEqual(
      spec(7, [web]),
    );
  });

  test('lacks an ignored field that is not ours', () => {
    expect(specOf(sent({ kind: 'update', live: live({}) }, ['spec.replicas']))).toEqual(spec(undefined, [web]));
  });

  test('lacks everything below an ignored path, and the item or map that then is empty', () => {
    const content = deployment(spec(3, [web, sidecar]));
    const onto = { kind: 'update', live: live({}) } as const;
    expect(specOf(sent(onto, ['spec.template.spec.containers[name=sidecar]'], content))).toEqual(spec(3, [web]));
    expect(specOf(sent(onto, ['spec.template'], content))).toEqual({ replicas: 3 });
  });

  test('has an ignored item that is ours where it stands on the cluster', () => {
    const item = { 'k:{"name":"sidecar"}': { '.': {}, 'f:image': {}, 'f:name': {} } };
    const own = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': item } } } };
    const onto = { kind: 'update', live: live(own, spec(7, [{ ...sidecar, image: 'sidecar:2' }, web])) } as const;
    expect(specOf(sent(onto, ['spec.template.spec.containers[name=sidecar]']))).toEqual(
      spec(3, [{ ...sidecar, image: 'sidecar:2' }, web]),
    );
  });

  test('gives a replacement the live value of the ignored fields that it creates', () => {
    const onto = { kind: 'replacement', live: live({}) } as const;
    expect(specOf(sent(onto, ['spec.replicas']))).toEqual(spec(7, [web]));
    expect(specOf(sent(onto, ['spec.replicas'], deployment(spec(undefined, [web]))))).toEqual(spec(undefined, [web]));
  });

  test('leaves out of a replacement what is ignored and not on the cluster, which no plan has shown', () => {
    const content = deployment(spec(3, [web, sidecar]));
    const onto = { kind: 'replacement', live: live({}) } as const;
    expect(specOf(sent(onto, ['spec.template.spec.containers[name=sidecar]'], content))).toEqual(spec(3, [web]));
  });

  test('never lacks what names the object', () => {
    const { apiVersion, kind, metadata } = sent({ kind: 'update', live: live({}) }, ['**.name', 'spec']);
    expect({ apiVersion, kind, metadata }).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'frontend', namespace: 'web' },
    });
  });
});
