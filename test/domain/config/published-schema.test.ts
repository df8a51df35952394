import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';

const schema = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../schema/planwright.schema.json'), 'utf8'),
) as Readonly<Record<string, unknown>>;
const validate = new Ajv({ allowUnionTypes: true }).compile(schema);

const everyKey = `
version: 1
apply: before-merge
environments:
  staging: {cluster: staging, approvals: 1}
  production:
    cluster: production
    approvals: 2
    after: [staging]
    bake: 10m
    override: {from: ["role:admin"]}
    freeze: ["Fri 16:00 - Mon 08:00 Europe/Berlin"]
stacks:
  - path: apps/{stack}/overlays/{environment}
  - name: network
    path: network/{environment}
    renderer: kustomize
    engine: kubernetes
    needs: [base]
    watch: [lib/common/**]
    namespace: network
    namespaces: [network]
    cluster_scoped: [Namespace]
    ignore: [{kind: Deployment, path: spec.replicas}]
    force_conflicts: [helm, argocd-controller]
    prune: true
    timeout: 10m
    drift: {schedule: "0 * * * *", mode: reconcile}
    helm: {release: network, values: [values.yaml, "values-{environment}.yaml"]}
    terraform: {workspace: "{environment}"}
policies: [policies/images.yaml]
rules:
  - name: destroying data
    when: {action: [delete, replace], kind: [PersistentVolumeClaim, Namespace, CustomResourceDefinition]}
    require: {count: 1, from: ["team:sre", "user:octocat", codeowners]}
  - name: no public load balancers
    when: {expression: "change.after.kind == 'Service'"}
    deny: Use an Ingress instead.
    override: {from: ["team:platform"]}
  - name: every condition
    when:
      any:
        - {environment: production, stack: "pay*", action: delete, group: apps, namespace: web, name: "a*"}
        - all: [{field: spec.replicas, author: octocat, branch: main, label: risky}]
    require: {from: ["role:write"]}
`;

describe('the published schema', () => {
  test('accepts every key that the product knows', () => {
    expect(validate(load(everyKey))).toBe(true);
  });

  test('says of every key what it is for', () => {
    const silent: string[] = [];
    visit(schema, '', (path, key) => {
      if (typeof key.description !== 'string' && typeof key.$ref !== 'string') silent.push(path);
    });
    expect(silent).toEqual([]);
  });

  test('lets no mapping hold keys that it does not know', () => {
    const open: string[] = [];
    visitAll(schema, '', (path, node) => {
      if (isObject(node.properties) && node.additionalProperties !== false) open.push(path);
    });
    expect(open).toEqual([]);
  });
});

type Node = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function visitAll(node: Node, path: string, see: (path: string, node: Node) => void): void {
  see(path, node);
  for (const [key, child] of Object.entries(node)) if (isObject(child)) visitAll(child, `${path}/${key}`, see);
}

function visit(root: Node, path: string, see: (path: string, key: Node) => void): void {
  visitAll(root, path, (place, node) => {
    if (!isObject(node.properties) || place.endsWith('/properties')) return;
    for (const [name, key] of Object.entries(node.properties)) if (isObject(key)) see(`${place}/${name}`, key);
  });
}
