import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { readMutatingAdmission, unknownAdmission } from '../../../src/domain/plan/mutating-admission.ts';
import type { ServedKind } from '../../../src/domain/plan/prediction.ts';

const deployments: ServedKind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  verbs: [],
};
const anyRule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
const webhook = (rule: JsonObject, more: JsonObject = {}): JsonObject => ({
  kind: 'MutatingWebhookConfiguration',
  webhooks: [{ name: 'hook.example.com', rules: [{ ...anyRule, ...rule }], ...more }],
});
const policy = (rule: JsonObject, more: JsonObject = {}): JsonObject => ({
  kind: 'MutatingAdmissionPolicy',
  spec: { matchConstraints: { resourceRules: [{ ...anyRule, ...rule }], ...more } },
});
const mayChange = (...configurations: JsonObject[]) => readMutatingAdmission(configurations).mayChange(deployments);

test('without webhooks and policies nothing is changed; when they cannot be read, everything may be', () => {
  expect(mayChange()).toBe(false);
  expect(mayChange({ kind: 'MutatingWebhookConfiguration', metadata: {} })).toBe(false);
  expect(unknownAdmission.mayChange(deployments)).toBe(true);
});

describe.each([
  ['a webhook', webhook],
  ['a policy', policy],
])('%s', (_name, configured) => {
  test.each<[string, JsonObject, boolean]>([
    ['for everything', {}, true],
    ['for the resource', { resources: ['deployments'] }, true],
    ['for another resource', { resources: ['pods'] }, false],
    ['for subresources only', { resources: ['deployments/status', 'pods/*'] }, false],
    ['for resources and their subresources', { resources: ['*/*'] }, true],
    ['for updates', { operations: ['UPDATE'] }, true],
    ['for other operations', { operations: ['CREATE', 'DELETE', 'CONNECT'] }, false],
    ['for objects in namespaces', { scope: 'Namespaced' }, true],
    ['for objects without namespace', { scope: 'Cluster' }, false],
    ['for an equivalent of the resource in another group', { apiGroups: ['extensions'] }, true],
    ['that says nothing of its resources', { resources: null }, true],
  ])('%s: %s', (_case, rule, expected) => {
    expect(mayChange(configured(rule))).toBe(expected);
  });

  test('that wants exact matches is not asked about other groups and versions', () => {
    const exact = { matchPolicy: 'Exact' };
    expect(mayChange(configured({ apiGroups: ['extensions'] }, exact))).toBe(false);
    expect(mayChange(configured({ apiVersions: ['v1beta1'] }, exact))).toBe(false);
    expect(mayChange(configured({ apiGroups: ['apps'], apiVersions: ['v1'] }, exact))).toBe(true);
  });

  test('is looked at with all of its rules', () => {
    expect(mayChange(configured({ resources: ['pods'] }), configured({ resources: ['deployments'] }))).toBe(true);
  });
});
