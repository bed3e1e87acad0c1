import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import InOrder from './test/support/in-order.ts';

/** Where this run's emulators keep their state: not the one that `npm start` uses, nor those of another test run. */
const local = join(import.meta.dirname, '.tripcast', `test-${process.pid}`);

/** Unit tests that take more than about five seconds: most train on whole months or hundreds of trees. */
const SLOW = 'test/unit/**/*.slow.test.ts';

/** Whether the browser tests have a browser: npm has none for Linux on arm64 (see test/support/chromium.ts). */
const hasChromium =
  process.platform !== 'linux' || process.arch === 'x64' || process.env.TRIPCAST_CHROMIUM !== undefined;

export default defineConfig({
  test: {
    sequence: { sequencer: InOrder },
    maxWorkers: '100%', // by default vitest leaves a core idle: on two cores, one file at a time
    // `npm run coverage`: of unit, slow and infra tests, since integration tests reach the functions through other processes.
    coverage: {
      include: ['bin/**', 'lib/**', 'lambdas/**', 'src/**'],
      exclude: ['**/gen/**'],
      reporter: ['html', 'lcovonly', ['text-summary', { file: 'summary.txt' }]],
    },
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: [SLOW],
          testTimeout: 10_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'slow', include: [SLOW], testTimeout: 180_000, hookTimeout: 180_000 } },
      ...(hasChromium
        ? [{ test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000 } }]
        : []),
      // A synthesis of the whole stack takes seconds, and bundles the functions first.
      { test: { name: 'infra', include: ['test/infra/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/emulator.ts',
          setupFiles: 'test/support/use-emulator.ts',
          env: { TRIPCAST_LOCAL: local },
          maxWorkers: 2, // each has an emulator of its own; its streams and buckets are shared by the worker's files
          sequence: { groupOrder: 1 }, // after the others: they use all cores
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
