import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A shared machine is three times slower on some days: what hangs is found out late, and nothing else fails by it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Two cores are the smallest machine this suite is meant for; more forks only fight for them.
    maxWorkers: 2,
    fileParallelism: true,
  },
});
