import { defineConfig } from 'vitest/config';

/** The tests that judge the gate room, alone: each mutant runs all of them. */
export default defineConfig({
  test: { pool: 'forks', include: ['test/domain/gate/**/*.test.ts'], testTimeout: 20_000 },
});
