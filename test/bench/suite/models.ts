/** The models that the parts use, trained once for this state of the code and kept. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kept } from '../batch/months.ts';
import { CLONE, run, TLC } from '../side-by-side.ts';

/** Changes with anything that a training depends on. */
const CODE = (() => {
  const hash = createHash('sha256');
  for (const file of globSync('src/{model,trips}/**/*.ts', { cwd: CLONE }).sort())
    hash.update(readFileSync(join(CLONE, file)));
  return hash.digest('hex').slice(0, 12);
})();

/** A folder with model.onnx, the recipe's own files and golden rides, trained on green 2023-01..03. */
export const modelFolder = (recipe: string, taxiType: 'green' | 'yellow' = 'green') =>
  kept(join(CLONE, '.tripcast/bench/models', CODE, `${recipe}-${taxiType}`), (out) => {
    // The yellow models learn from green rides too: what they predict does not matter, only that they accept the file.
    const args = ['train', '--local', '--source', TLC, '--recipe', recipe, '--train', '2023-01..2023-03', '--out', out];
    run(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...args]);
  });
