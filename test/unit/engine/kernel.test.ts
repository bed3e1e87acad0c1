import { expect, test } from 'vitest';
import { committedKernel, compiledKernel } from '#packaging/kernel.ts';

test('the committed kernel is what its source compiles to', async () => {
  expect(await committedKernel()).toBe(await compiledKernel());
});
