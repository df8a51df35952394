import { defineConfig } from 'vitest/config';

/** What needs more than npm has its own project. */
const needsMore = ['test/**/*.{cluster,postgres,browser}.test.ts'];

const project = (name: string, include: string[], timeoutMs: number, exclude: string[] = []) => ({
  extends: true as const,
  test: { name, include, exclude, testTimeout: timeoutMs, hookTimeout: timeoutMs },
});

const sequentially = <Project extends { readonly test: object }>(one: Project) => ({
  ...one,
  test: { ...one.test, fileParallelism: false },
});

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      project(
        'unit',
        [
          'test/domain/**/*.test.ts',
          'test/adapters/**/*.test.ts',
          'test/entrypoints/**/*.test.ts',
          'test/sandbox/**/*.test.ts',
        ],
        20_000,
        needsMore,
      ),
      project('flow', ['test/flows/**/*.test.ts', 'test/e2e/*.test.ts'], 60_000, needsMore),
      project('contract', ['test/contracts/*.sandbox.test.ts'], 60_000),
      // One after another: kinds and other cluster-scoped objects are everybody's.
      sequentially(project('cluster', ['test/**/*.cluster.test.ts'], 300_000)),
      project('postgres', ['test/**/*.postgres.test.ts'], 300_000),
      project('browser', ['test/**/*.browser.test.ts'], 120_000),
    ],
  },
});
