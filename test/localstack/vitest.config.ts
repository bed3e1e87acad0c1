import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import FilesInOrder from './files-in-order.ts';

const clone = join(import.meta.dirname, '../..');

/** Separate from the others: `npm run test:localstack` installs LocalStack, and runs these. */
export default defineConfig({
  root: clone,
  test: {
    name: 'localstack',
    include: ['test/localstack/**/*.test.ts'],
    sequence: { sequencer: FilesInOrder },
    reporters: ['verbose', './test/support/closing-line.ts'],
    globalSetup: 'test/localstack/a-localstack.ts',
    env: { TRIPCAST_LOCAL: join(clone, '.tripcast', 'test-localstack') },
    fileParallelism: false, // one LocalStack
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
