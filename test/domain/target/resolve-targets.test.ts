import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../src/domain/config/config.ts';
import { readConfiguration } from '../../../src/domain/config/read-configuration.ts';
import { resolveTargets } from '../../../src/domain/target/resolve-targets.ts';
import { filesByTarget } from '../../../src/domain/target/target-files.ts';

function configured(stacks: string, environments = 'staging: , production: '): Configuration {
  const read = readConfiguration(
    { path: 'planwright.yml', text: `version: 1\nenvironments: {${environments}}\nstacks:\n${stacks}` },
    { clusters: ['staging', 'production', 'pre-staging'] },
  );
  if (read.kind === 'invalid') throw new Error(read.problems.map((problem) => problem.message).join('\n'));
  return read.configuration;
}

const resolve = (stacks: string, paths: readonly string[], environments?: string) =>
  resolveTargets(configured(stacks, environments), paths);
const found = (result: ReturnType<typeof resolve>) =>
  result.targets.map((target) => `${target.name} ${target.directory}`);

describe('targets of a tree', () => {
  test('each directory that a path stands for and that holds a file is one', () => {
    const result = resolve(
      '  - path: apps/{stack}/overlays/{environment}\n  - path: network/{environment}\n  - {name: all, path: "{environment}"}\n',
      [
        'apps/payments/overlays/staging/a.yaml',
        'apps/payments/overlays/production/deep/below/a.yaml',
        'apps/payments/overlays/README.md',
        'apps/payments/overlays/development/a.yaml',
        'apps/search/overlays/production',
        'network/production/a.yaml',
        'staging/a.yaml',
      ],
    );
    expect(result.problems).toEqual([]);
    expect(found(result)).toEqual([
      'payments@production apps/payments/overlays/production',
      'payments@staging apps/payments/overlays/staging',
      'network@production network/production',
      'all@staging staging',
    ]);
  });

  test('a placeholder can be a part of a name', () => {
    const result = resolve('  - path: k8s-{stack}-{environment}/app\n', [
      'k8s-web-api-staging/app/a.yaml',
      'k8s--staging/app/a.yaml',
      'k8s-staging/app/a.yaml',
      'k8s-x-other/app/a.yaml',
    ]);
    expect(found(result)).toEqual(['web-api@staging k8s-web-api-staging/app']);
  });

  test('{stack} stands for no directory that begins with a dot', () => {
    const result = resolve('  - path: "{stack}/{environment}"\n', ['.git/staging/a', 'web/staging/a']);
    expect(found(result)).toEqual(['web@staging web/staging']);
    expect(result.problems).toEqual([]);
  });

  test('with one environment the path need not name it; the name follows the path', () => {
    expect(found(resolve('  - path: deploy/k8s\n', ['deploy/k8s/a.yaml'], 'staging: '))).toEqual([
      'deploy-k8s@staging deploy/k8s',
    ]);
    expect(found(resolve('  - {path: ., name: everything}\n', ['a.yaml'], 'staging: '))).toEqual([
      'everything@staging ',
    ]);
  });

  test('two patterns that claim one directory are an error that names both, and the first keeps it', () => {
    const result = resolve('  - path: apps/{stack}/{environment}\n  - path: apps/web/{environment}\n', [
      'apps/web/staging/a.yaml',
    ]);
    expect(found(result)).toEqual(['web@staging apps/web/staging']);
    expect(result.problems).toEqual([
      {
        severity: 'error',
        message:
          'two stacks claim the directory apps/web/staging: apps/{stack}/{environment} (line 4) and apps/web/{environment} (line 5)',
        position: { path: 'planwright.yml', line: 5, column: 5 },
      },
    ]);
  });

  test('two directories of one name are an error that names both', () => {
    const result = resolve('  - path: apps/{stack}/{environment}\n  - path: infra/{stack}/{environment}\n', [
      'apps/web/staging/a',
      'infra/web/staging/a',
    ]);
    expect(found(result)).toEqual(['web@staging apps/web/staging']);
    expect(result.problems).toMatchObject([
      {
        message: expect.stringContaining('two directories are web@staging: apps/web/staging and infra/web/staging'),
        position: { line: 5 },
      },
    ]);
  });

  test('a name that can be read in two ways is an error', () => {
    const result = resolve('  - path: "{stack}-{environment}"\n', ['web-pre-staging/a'], 'staging: , pre-staging: ');
    expect(result.problems).toMatchObject([
      { message: expect.stringMatching(/can be read as .*web-pre@staging.*|can be read as .*web@pre-staging/) },
    ]);
  });

  test('a directory whose name no stack can have is an error', () => {
    expect(
      resolve('  - path: apps/{stack}/{environment}\n', ['apps/a b/staging/x', 'apps/ok/staging/x']),
    ).toMatchObject({ targets: [{ stackName: 'ok' }], problems: [{ message: expect.stringContaining('"a b"') }] });
  });

  test('50,000 paths and 100 stacks take well under a second', () => {
    const stacks = Array.from(
      { length: 100 },
      (_, index) => `  - path: area${index}/{stack}/overlays/{environment}\n`,
    ).join('');
    const paths = Array.from({ length: 50_000 }, (_, index) => {
      const environment = index % 1000 < 500 ? 'staging' : 'production';
      return `area${index % 100}/app${index % 500}/overlays/${environment}/file${index}.yaml`;
    });
    const configuration = configured(stacks);
    const started = performance.now();
    const result = resolveTargets(configuration, paths);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(result.problems).toEqual([]);
    expect(result.targets).toHaveLength(1000);
  });
});

describe('files of targets', () => {
  test('belong to the innermost stack, in path order', () => {
    const paths = [
      'a/README.md',
      'a/staging/1.yaml',
      'a/staging/inner/staging/2.yaml',
      'a/staging/inner/3.yaml',
      'a/stagingx/4.yaml',
      'b.yaml',
    ];
    const { targets } = resolve('  - path: a/{environment}\n  - path: a/staging/{stack}/{environment}\n', paths);
    expect([...filesByTarget(targets, paths)]).toEqual([
      ['a@staging', ['a/staging/1.yaml', 'a/staging/inner/3.yaml']],
      ['inner@staging', ['a/staging/inner/staging/2.yaml']],
    ]);
  });

  test('no file has two owners, and each lies below its owner', () => {
    const segment = fc.constantFrom('a', 'b', 'staging', 'production');
    const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((names) => `${names.join('/')}/f.yaml`);
    const configuration = configured(
      '  - path: "{stack}/{environment}"\n  - path: a/b/{stack}/{environment}\n  - {path: "{environment}", name: top}\n',
    );
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 20 }), (paths) => {
        const { targets } = resolveTargets(configuration, paths);
        const owned = filesByTarget(targets, paths);
        const all = [...owned.values()].flat();
        expect(new Set(all).size).toBe(all.length);
        for (const target of targets)
          for (const file of owned.get(target.name) ?? []) expect(file.startsWith(`${target.directory}/`)).toBe(true);
      }),
    );
  });
});
