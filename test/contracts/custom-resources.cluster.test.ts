import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClusters } from '../../src/adapters/kubernetes/load-clusters.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ApplyAnswer, ServedKind } from '../../src/domain/plan/prediction.ts';
import type { Cluster } from '../../src/flows/ports/cluster.ts';
import { caseDefinition, caseObject, fieldCases } from '../domain/schema/custom-resource-cases.ts';
import { silentLog } from './kubeconfig-cluster.ts';
import { realKubeconfig } from './real-kubeconfig.ts';

/** The table that the checks without a cluster are tested by says of the real API server what it does. */
describe('custom resources on a real API server', () => {
  const group = `cases-${randomBytes(4).toString('hex')}.example.com`;
  const definitions: ServedKind = {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
    namespaced: false,
    verbs: [],
  };
  const definition = { kind: definitions, name: `cases.${group}` };
  let clusters: ReturnType<typeof loadClusters>;
  let cluster: Cluster;

  beforeAll(async () => {
    clusters = loadClusters({ kubeconfig: realKubeconfig(), log: silentLog });
    const found = clusters.find(clusters.names[0] ?? '');
    if (found === undefined) throw new Error('the kubeconfig has no context');
    cluster = found;
    const made = await cluster.apply({ address: definition, object: caseDefinition(group), force: false });
    if (made.kind !== 'applied') throw new Error(`the definition is refused: ${JSON.stringify(made)}`);
    for (;;) {
      const answer = await ask(caseObject(group, 'text', 'a'));
      if (answer.kind === 'applied') break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });

  afterAll(async () => {
    const answer = await cluster.get(definition);
    if (answer.kind === 'found') {
      const { uid } = answer.object['metadata'] as JsonObject;
      await cluster.delete(definition, { uid: String(uid), propagation: 'background' });
    }
    await clusters.close();
  });

  function ask(object: JsonObject): Promise<ApplyAnswer> {
    const kind: ServedKind = { ...definitions, group, kind: 'Case', resource: 'cases', namespaced: true };
    return cluster.dryRunApply({ address: { kind, namespace: 'default', name: 'one' }, object, force: false });
  }

  const takes = Object.entries(fieldCases).flatMap(([field, { takes = [] }]) =>
    takes.map((value) => [field, value] as const),
  );
  it.each(takes)('may have %s %j', async (field, value) => {
    expect(await ask(caseObject(group, field, value))).toMatchObject({ kind: 'applied' });
  });

  const refuses = Object.entries(fieldCases).flatMap(([field, { refuses = [] }]) =>
    refuses.map(([value, at, named = at]) => [field, value, `spec.${field}${named}`] as const),
  );
  it.each(refuses)('may not have %s %j', async (field, value, at) => {
    const answer = await ask(caseObject(group, field, value));
    expect(answer).toMatchObject({ kind: 'invalid' });
    if (answer.kind === 'invalid') expect([...answer.fields, answer.message].join(' ')).toContain(at);
  });
});
