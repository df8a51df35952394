import { defineConfig } from 'vitest/config';

/** The tests that judge the gate room, alone: each mutant runs all of them, but for the one that takes seconds to say that matching takes no more. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/domain/gate/**/*.test.ts'],
    exclude: ['**/matching-time.test.ts'],
    testTimeout: 20_000,
  },
});
