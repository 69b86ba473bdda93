import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are the smallest machine this suite is meant for; more forks only fight for them.
    maxWorkers: 2,
    fileParallelism: true,
  },
});
