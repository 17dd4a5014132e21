import { defineConfig } from 'vitest/config';

/** Where continuous integration wants a report to count from. */
const report = process.env.SURETY_TEST_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    maxWorkers: '100%', // the default leaves one of two cores idle
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
