import { describe, expect, test } from 'vitest';
import { discoverStacks, looksLikeManifest, manifestCandidates } from '../../../src/domain/target/discover-stacks.ts';

function discover(
  paths: readonly string[],
  manifests: readonly string[] = paths.filter((path) => path.endsWith('.yaml')),
) {
  const result = discoverStacks({ paths, manifestPaths: new Set(manifests), repositoryName: 'infra', cluster: 'main' });
  return { found: result.targets.map((target) => `${target.name} ${target.directory}`), problems: result.problems };
}

describe('without a configuration file', () => {
  test('the topmost directories that themselves hold something are stacks, named by path', () => {
    expect(
      discover([
        'README.md',
        'apps/web/a.yaml',
        'apps/web/sub/b.yaml',
        'apps/api/kustomization.yml',
        'charts/x/Chart.yaml',
        'charts/x/templates/a.yaml',
        'tf/net/main.tf',
        'docs/a.md',
      ]).found,
    ).toEqual(['apps-api@main apps/api', 'apps-web@main apps/web', 'charts-x@main charts/x', 'tf-net@main tf/net']);
  });

  test('a manifest at the root makes the root the only stack, named by the repository', () => {
    expect(discover(['a.yaml', 'apps/web/a.yaml']).found).toEqual(['infra@main ']);
  });

  test('.github is never one, and YAML that is no manifest counts for nothing', () => {
    expect(
      discover(['.github/workflows/ci.yaml', 'mkdocs.yaml', 'k8s/a.yaml'], ['.github/workflows/ci.yaml', 'k8s/a.yaml'])
        .found,
    ).toEqual(['k8s@main k8s']);
  });

  test('two paths of one name are a problem that names both', () => {
    const { found, problems } = discover(['a/b/x.yaml', 'a-b/x.yaml']);
    expect(found).toHaveLength(1);
    expect(problems).toMatchObject([
      { severity: 'error', message: expect.stringMatching(/a-b and a\/b|a\/b and a-b/) },
    ]);
  });

  test('a path that gives no usable name is a problem', () => {
    expect(discover(['my app/x.yaml'])).toMatchObject({
      found: [],
      problems: [{ position: { path: 'my app/x.yaml' } }],
    });
  });

  test('only YAML and JSON outside of .github have to be looked at', () => {
    expect(manifestCandidates(['a.yaml', 'b/c.yml', 'd.json', 'e.md', '.github/x.yml', 'f.tf'])).toEqual([
      'a.yaml',
      'b/c.yml',
      'd.json',
    ]);
  });

  test.each([
    ['apiVersion: v1\nkind: A\n', true],
    ['# x\n---\n"kind": A\n"apiVersion": v1\n', true],
    ['{"apiVersion": "v1", "kind": "A"}', true],
    ['name: ci\non: push\n', false],
    ['spec:\n  apiVersion: v1\n  kind: A\n', false],
    ['{"name": "package"}', false],
    ['', false],
  ])('%j looks like a manifest: %s', (text, expected) => {
    expect(looksLikeManifest(text)).toBe(expected);
  });
});
