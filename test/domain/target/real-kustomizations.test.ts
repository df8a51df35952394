import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inputsOf } from '../../../src/domain/target/changed-inputs.ts';
import { casesDirectory } from '../manifest/cases.ts';
import { readers, type Tree, traced, unresolved } from './input-builder.ts';

const cases = casesDirectory();

/** The real project's files, below a directory of their own, so that nothing leads out of the repository by chance. */
function treeOf(name: string): Tree {
  const root = join(cases ?? '', 'kustomize', name, 'src');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`in/${relative(root, path)}`, readFileSync(path, 'utf8')];
    }),
  );
}

const demo = ['in', 'in/tests/memorystore-with-all-components', 'in/tests/service-mesh-istio-with-all-components'];
const overlays = ['release', 'release-ha', 'release-ha-1.21+', 'test', 'test-ha'].map((name) => `in/overlays/${name}`);
const flux = [
  'in/apps/staging',
  'in/apps/production',
  'in/infrastructure/controllers',
  'in/infrastructure/configs',
  'in/clusters/production/flux-system',
];

/** How many files each entry reads: those whose absence changes or breaks what `kubectl kustomize` v1.32.4 renders, taken away one at a time. */
const projects: readonly [string, readonly (readonly [string, number])[]][] = [
  [
    'microservices-demo',
    [
      ['in', 13],
      ['in/tests/memorystore-with-all-components', 31],
      ['in/tests/service-mesh-istio-with-all-components', 34],
    ],
  ],
  [
    'metrics-server',
    [
      ['in/overlays/release', 7],
      ['in/overlays/release-ha', 10],
      ['in/overlays/release-ha-1.21+', 12],
      ['in/overlays/test', 7],
      ['in/overlays/test-ha', 12],
    ],
  ],
  [
    'flux2-example',
    [
      ['in/apps/staging', 6],
      ['in/apps/production', 6],
      ['in/infrastructure/controllers', 3],
      ['in/infrastructure/configs', 3],
      ['in/clusters/production/flux-system', 3],
    ],
  ],
  [
    'kustomize-examples',
    [
      ['in/helloWorld', 4],
      ['in/ldap/overlays/staging', 7],
      ['in/multibases', 6],
      ['in/transformerconfigs/crd', 2],
      ['in/wordpress', 9],
    ],
  ],
  ['cluster-api-test-extension', [['in/default', 16]]],
];

describe.skipIf(cases === undefined)('inputs of real projects', () => {
  test.each(projects)('%s: what kustomize reads is found, and nothing else', (name, entries) => {
    const tree = treeOf(name);
    const graph = traced(tree, ...entries.map(([path]) => path));
    expect(unresolved(graph)).toEqual([]);
    const counts = [...graph.starts.keys()].map(
      (target) => [...inputsOf(graph, target).files].filter((path) => path in tree).length,
    );
    expect(counts).toEqual(entries.map(([, count]) => count));
  });

  test('a component of microservices-demo affects the entries that list it', () => {
    const graph = traced(treeOf('microservices-demo'), ...demo);
    const [, memorystore, istio] = demo.map((path) => path.replaceAll('/', '-'));
    expect(readers(graph, 'in/components/memorystore/kustomization.yaml')).toEqual([memorystore]);
    expect(readers(graph, 'in/components/service-mesh-istio/kustomization.yaml')).toEqual([istio]);
    expect(readers(graph, 'in/components/cymbal-branding/kustomization.yaml')).toEqual([memorystore, istio]);
    expect(readers(graph, 'in/base/kustomization.yaml')).toHaveLength(3);
  });

  test('a base of metrics-server affects every overlay, a component its own ones', () => {
    const graph = traced(treeOf('metrics-server'), ...overlays);
    const names = (...which: string[]) => which.map((name) => `in-overlays-${name}`).sort();
    expect(readers(graph, 'in/base/kustomization.yaml')).toHaveLength(5);
    expect(readers(graph, 'in/components/high-availability-1.21+/kustomization.yaml')).toEqual(
      names('release-ha-1.21+', 'test-ha'),
    );
    expect(readers(graph, 'in/components/test/kustomization.yaml')).toEqual(names('test', 'test-ha'));
  });

  test('environments of flux2-example do not affect each other', () => {
    const graph = traced(treeOf('flux2-example'), ...flux);
    expect(readers(graph, 'in/apps/base/podinfo/release.yaml')).toEqual(['in-apps-production', 'in-apps-staging']);
    expect(readers(graph, 'in/apps/staging/podinfo-values.yaml')).toEqual(['in-apps-staging']);
    expect(readers(graph, 'in/clusters/production/apps.yaml')).toEqual([]);
  });
});
