/** The models that the benchmarks use, trained once for this state of the code and kept. */
import { join } from 'node:path';
import { sourcesHash } from '#packaging/sources.ts';
import { kept } from '../batch/months.ts';
import { CLONE, run, TLC } from '../side-by-side.ts';

/** Changes with anything that a training depends on. */
const CODE = sourcesHash(CLONE, ['src/model', 'src/trips']).slice(0, 12);

/** A folder with model.onnx, the recipe's own files and golden rides, trained on green 2023-01..03. */
export const modelFolder = (recipe: string) =>
  kept(join(CLONE, '.tripcast/bench/models', CODE, recipe), (out) => {
    const args = ['train', '--local', '--source', TLC, '--recipe', recipe, '--train', '2023-01..2023-03', '--out', out];
    run(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...args]);
  });
