import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const clone = join(import.meta.dirname, '../..');

/** Separate from the others: these need a Docker engine. `npm run test:image` finds or starts one, and runs them. */
export default defineConfig({
  root: clone,
  test: {
    name: 'image',
    include: ['test/image/**/*.test.ts'],
    reporters: ['verbose', './test/support/closing-line.ts'],
    globalSetup: 'test/support/emulator.ts',
    setupFiles: 'test/support/use-emulator.ts',
    env: { TRIPCAST_LOCAL: join(clone, '.tripcast', `test-${process.pid}`) },
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
