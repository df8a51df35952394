import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { targetsReading } from '../../../src/domain/target/changed-inputs.ts';
import { readReferences } from '../../../src/domain/target/trace-inputs.ts';
import { type FileOf, readers, type Tree, traced, unresolved } from './input-builder.ts';

const overlay = 'apps/web/staging';
const kustomization = (body: string, more: Tree = {}): Tree => ({ [`${overlay}/kustomization.yaml`]: body, ...more });
const at = (tree: Tree) => traced(tree, overlay);

describe('a kustomization reads', () => {
  const files: readonly [string, string, string][] = [
    ['resources', 'resources: [../base.yaml]', 'apps/web/base.yaml'],
    ['crds', 'crds: [../../crds/schema.json]', 'apps/crds/schema.json'],
    ['configurations', 'configurations: [../names.yaml]', 'apps/web/names.yaml'],
    ['patches', 'patches: [{path: ../patch.yaml, target: {kind: Deployment}}]', 'apps/web/patch.yaml'],
    ['patchesStrategicMerge', 'patchesStrategicMerge: [../patch.yaml]', 'apps/web/patch.yaml'],
    ['patchesJson6902', 'patchesJson6902: [{path: ../patch.json}]', 'apps/web/patch.json'],
    ['replacements', 'replacements: [{path: ../from.yaml}]', 'apps/web/from.yaml'],
    ['openapi', 'openapi: {path: ../schema.json}', 'apps/web/schema.json'],
    ['a generated ConfigMap', 'configMapGenerator: [{name: a, files: [../a.ini]}]', 'apps/web/a.ini'],
    ['a generated Secret', 'secretGenerator: [{name: a, files: [key.pem=../a.pem]}]', 'apps/web/a.pem'],
    ['envs', 'configMapGenerator: [{name: a, envs: [../a.env]}]', 'apps/web/a.env'],
    ['env', 'secretGenerator: [{name: a, env: ../a.env}]', 'apps/web/a.env'],
    ['values of a chart', 'helmCharts: [{name: db, valuesFile: ../values.yaml}]', 'apps/web/values.yaml'],
    ['further values', 'helmCharts: [{name: db, additionalValuesFiles: [../more.yaml]}]', 'apps/web/more.yaml'],
    ['a local chart', 'helmCharts: [{name: db}]', `${overlay}/charts/db/templates/deep/a.yaml`],
    [
      'a local chart elsewhere',
      'helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: db}]',
      'apps/charts/db/Chart.yaml',
    ],
    [
      'an old local chart',
      'helmChartInflationGenerator: [{chartName: db, chartHome: ../charts}]',
      'apps/web/charts/db/a',
    ],
    ['values of an old chart', 'helmChartInflationGenerator: [{chartName: db, values: ../v.yaml}]', 'apps/web/v.yaml'],
    ['a merged key', 'x-none: &files {path: ../p.yaml}\npatches: [{<<: *files}]', 'apps/web/p.yaml'],
  ];
  test.each(files)('%s', (_, body, path) => {
    const graph = at(kustomization(body));
    expect(readers(graph, path)).toEqual(['apps-web-staging']);
    expect(readers(graph, 'apps/other/a.yaml').length).toBe(body.startsWith('x-') ? 1 : 0);
  });

  test.each(['resources', 'bases', 'components'])(
    'the kustomizations that %s name, as deep as they are nested',
    (key) => {
      const graph = at(
        kustomization(`${key}: [../../../lib/one/]`, {
          'lib/one/kustomization.yml': `${key}: [../two]`,
          'lib/two/Kustomization': 'resources: [a.yaml]',
        }),
      );
      for (const path of ['lib/one/kustomization.yml', 'lib/two/Kustomization', 'lib/two/a.yaml'])
        expect(readers(graph, path)).toEqual(['apps-web-staging']);
      expect(readers(graph, 'lib/two/README.md', 'lib/three/a.yaml')).toEqual([]);
    },
  );

  test('a kustomization that is only to come', () => {
    const graph = at(kustomization('resources: [../base]'));
    expect(readers(graph, 'apps/web/base/kustomization.yaml')).toEqual(['apps-web-staging']);
    expect(unresolved(graph)).toEqual([]);
  });

  test("its plugins' files, relative to itself, and what these read", () => {
    const graph = at(
      kustomization('transformers: [../../plugins/patch.yaml]\ngenerators: [../../plugins/all]', {
        'apps/plugins/patch.yaml': 'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: own.yaml\n',
        'apps/plugins/all/kustomization.yaml': 'resources: [maps.yaml]',
        'apps/plugins/all/maps.yaml':
          'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: m}\nfiles: [a=settings.ini]\n---\napiVersion: builtin\nkind: LabelTransformer\n',
      }),
    );
    for (const path of [`${overlay}/own.yaml`, `${overlay}/settings.ini`, 'apps/plugins/all/maps.yaml'])
      expect(readers(graph, path)).toEqual(['apps-web-staging']);
    expect(readers(graph, 'apps/plugins/own.yaml')).toEqual([]);
    expect(unresolved(graph)).toEqual([]);
  });

  test('no file for a patch or a plugin that is written there', () => {
    const graph = at(
      kustomization(
        'patchesStrategicMerge:\n- |\n  kind: A\n- "{kind: B}"\ntransformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n  path: p.yaml\n',
      ),
    );
    expect(readers(graph, `${overlay}/p.yaml`)).toEqual(['apps-web-staging']);
    expect(unresolved(graph)).toEqual([]);
  });
});

describe('a chart reads', () => {
  const chart = (dependencies: string, more: Tree = {}): Tree => ({
    'apps/web/staging/Chart.yaml': `apiVersion: v2\nname: web\ndependencies: ${dependencies}\n`,
    ...more,
  });

  test('its directory, and those of its local dependencies', () => {
    const graph = at(
      chart('[{name: lib, repository: "file://../../lib"}]', {
        'apps/lib/Chart.yaml': 'dependencies: [{name: c, repository: "file://../common"}]',
        'apps/common/Chart.yaml': 'name: c',
      }),
    );
    for (const path of [`${overlay}/templates/a/b.yaml`, 'apps/lib/values.yaml', 'apps/common/templates/_a.tpl'])
      expect(readers(graph, path)).toEqual(['apps-web-staging']);
    expect(readers(graph, 'apps/library/values.yaml')).toEqual([]);
    expect(unresolved(graph)).toEqual([]);
  });

  test('what requirements.yaml of an old chart names', () => {
    const graph = at(
      chart('[]', { [`${overlay}/requirements.yaml`]: 'dependencies: [{name: l, repository: "file://../lib"}]' }),
    );
    expect(readers(graph, 'apps/web/lib/a')).toEqual(['apps-web-staging']);
  });

  test.each<[string, string]>([
    ['directory', 'charts/redis/Chart.yaml'],
    ['archive', 'charts/redis-17.0.1.tgz'],
  ])('a dependency from elsewhere where its copy is a %s of the chart', (_, copy) => {
    const remote = '[{name: redis, version: 17.x, repository: "https://charts.example.com"}]';
    expect(unresolved(at(chart(remote, { [`${overlay}/${copy}`]: '' })))).toEqual([]);
    expect(unresolved(at(chart(remote, { [`${overlay}/charts/redis-cluster-1.0.0.tgz`]: '' })))).toEqual([
      `${overlay}/Chart.yaml:3 "https://charts.example.com" lies elsewhere and is never fetched`,
    ]);
  });
});

describe('what cannot be told counts as changed, and is said with its line', () => {
  const link = { kind: 'symlink' } as const;
  const cases: readonly [string, Tree, RegExp][] = [
    ['a URL', kustomization('resources:\n- https://github.com/acme/base?ref=v1'), /yaml:2 "https:.*elsewhere/],
    ['a repository', kustomization('resources: [github.com/acme/base//x?ref=v1]'), /elsewhere/],
    ['a repository by SSH', kustomization('bases: ["git@github.com:acme/base"]'), /elsewhere/],
    ['a path out of the repository', kustomization('resources: [../../../../other]'), /leads out of the repository/],
    ['an absolute path', kustomization('patches: [{path: /etc/passwd}]'), /leads out of the repository/],
    ['a link', kustomization('resources: [../base]', { 'apps/web/base': link }), /leads through apps\/web\/base/],
    ['a path through a link', kustomization('crds: [../l/c.yaml]', { 'apps/web/l': link }), /symbolic link/],
    ['a submodule', kustomization('resources: [../s]', { 'apps/web/s': { kind: 'submodule' } }), /a submodule/],
    ['a kustomization that is a link', { [`${overlay}/kustomization.yaml`]: link }, /is a symbolic link/],
    ['a link in a chart', { [`${overlay}/Chart.yaml`]: '', [`${overlay}/templates/a`]: link }, /templates\/a is a/],
    ['a chart from elsewhere', kustomization('helmCharts: [{name: db, repo: "https://c.example.com"}]'), /elsewhere/],
    ['broken YAML', kustomization('resources: ['), /not valid YAML/],
    ['a list', kustomization('- resources'), /no mapping/],
    ['a key that nobody knows', kustomization('resourcez: [a]'), /what kustomize reads for "resourcez"/],
    ['a resource that is no text', kustomization('resources: [{a: b}]'), /an item of "resources" is no text/],
    [
      'a program',
      kustomization('generators: [g.yaml]', { [`${overlay}/g.yaml`]: 'apiVersion: acme/v1\nkind: Make\n' }),
      /the plugin Make is a program/,
    ],
    ['a file that is too large', kustomization(`resources: [a]\n#${'x'.repeat(300_000)}`), /larger than 256 KiB/],
    ['a text that is too long for a path', kustomization(`resources: ["${'@'.repeat(200_000)}"]`), /is no path/],
  ];
  test.each<[string, Tree, RegExp]>(cases)('%s', (_, tree, says) => {
    const graph = at(tree);
    expect(readers(graph, 'README.md')).toEqual(['apps-web-staging']);
    expect(readers(graph)).toEqual([]);
    expect(unresolved(graph).join('\n')).toMatch(says);
  });

  test('in a base too, for everyone who reads it and nobody else', () => {
    const graph = traced(
      {
        'a/kustomization.yaml': 'resources: [../base]',
        'b/kustomization.yaml': 'resources: [own.yaml]',
        'base/kustomization.yaml': 'resources: [https://example.com/a.yaml]',
      },
      'a',
      'b',
    );
    expect(readers(graph, 'README.md')).toEqual(['a']);
    expect(unresolved(graph)).toEqual([expect.stringContaining('base/kustomization.yaml:1')]);
  });
});

describe('tracing', () => {
  test('ends in a loop', () => {
    const graph = traced(
      { 'a/kustomization.yaml': 'resources: [../b, ., ..]', 'b/kustomization.yaml': 'resources: [../a, x.yaml]' },
      'a',
    );
    expect(readers(graph, 'b/x.yaml')).toEqual(['a']);
    expect(readers(graph, 'c')).toEqual([]);
  });

  test('takes no step in a repository of plain manifests, nor for a stack that says that it is one', () => {
    expect(traced({ 'a/x.yaml': '', 'lib/kustomization.yaml': 'resources: [' }, 'a').nodes.size).toBe(0);
  });

  test('finds the readers among 1,000 stacks on one base and a chain of 5,000 bases in well under two seconds', () => {
    const tree: Record<string, FileOf> = {};
    for (let index = 0; index < 1000; index += 1)
      tree[`apps/s${index}/kustomization.yaml`] = `resources: [../../base/0, own.yaml]\n`;
    for (let index = 0; index < 5000; index += 1)
      tree[`base/${index}/kustomization.yaml`] = `resources: [../${index + 1}]\n`;
    for (let index = 0; index < 44_000; index += 1) tree[`files/${index % 700}/${index}.yaml`] = '';
    const directories = Array.from({ length: 1000 }, (_, index) => `apps/s${index}`);
    const graph = traced(tree, ...directories);
    const started = performance.now();
    expect(readers(graph, 'base/5000/kustomization.yaml')).toHaveLength(1000);
    expect(readers(graph, 'apps/s7/own.yaml')).toEqual(['apps-s7']);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('gives up on a repository with too many files of renderers, and says so', () => {
    const tree: Record<string, FileOf> = { 'a/kustomization.yaml': 'resources: []' };
    for (let index = 0; index < 20_000; index += 1) tree[`c/${index}/Chart.yaml`] = '';
    const graph = traced(tree, 'a');
    expect(readers(graph, 'README.md')).toEqual(['a']);
  });

  const directory = fc.constantFrom('a', 'b', 'c', 'lib/d', 'lib/e');
  const reference = fc.oneof(
    directory.map((path) => `/../${path}`),
    fc.constantFrom('x.yaml', '../x.yaml', '../lib/x.yaml', '../../..', 'https://example.com/x', '../link/x'),
  );
  const tree = fc.dictionary(directory, fc.array(reference, { maxLength: 4 }), { noNullPrototype: true });
  const written = (of: Readonly<Record<string, readonly string[]>>): Tree => ({
    link: { kind: 'symlink' },
    ...Object.fromEntries(
      Object.entries(of).map(([path, references]) => [
        `${path}/kustomization.yaml`,
        JSON.stringify({
          resources: references.map((one) =>
            one.startsWith('/') ? `${path.replaceAll(/[^/]+/g, '..')}${one.slice(3)}` : one,
          ),
        }),
      ]),
    ),
  });
  const changes = fc.array(
    fc.oneof(
      directory.map((path) => `${path}/kustomization.yaml`),
      fc.constantFrom('a/x.yaml', 'x.yaml', 'lib/x.yaml', 'lib/d/x.yaml', 'README.md'),
    ),
    { maxLength: 3 },
  );

  test('never finds a target unaffected because of a reference more', () => {
    fc.assert(
      fc.property(tree, directory, reference, changes, (before, path, added, changed) => {
        const after = { ...before, [path]: [...(before[path] ?? []), added] };
        // The kustomization itself is there before: that it is made is a change of its own.
        const base = { ...before, [path]: before[path] ?? [] };
        const names = (of: Readonly<Record<string, readonly string[]>>) =>
          targetsReading(traced(written(of), 'a', 'b', 'lib/d'), new Set(changed));
        expect(names(base).isSubsetOf(names(after))).toBe(true);
      }),
    );
  });

  test('finds whoever reads a changed file, found by following every reference from there', () => {
    fc.assert(
      fc.property(tree, changes, (of, changed) => {
        const graph = traced(written(of), 'a', 'b', 'lib/d');
        const found = targetsReading(graph, new Set(changed));
        for (const [name, start] of graph.starts) {
          const seen = new Set([start]);
          let reads = false;
          for (const key of seen) {
            const node = graph.nodes.get(key);
            for (const next of node?.next ?? []) seen.add(next);
            if (node !== undefined && (node.unresolved.length > 0 || changed.some((path) => node.files.has(path))))
              reads = true;
          }
          expect(found.has(name)).toBe(reads && changed.length > 0);
        }
      }),
    );
  });

  test('never throws, whatever a text is', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('kustomization' as const, 'plugin' as const, 'chart' as const),
        (text, role) => {
          expect(Array.isArray(readReferences(role, text))).toBe(true);
        },
      ),
    );
  });
});
