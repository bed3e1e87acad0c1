import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { MLFLOW_PYTHON } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { aThinnedMonth, train } from '../../support/training.ts';

const run = promisify(execFile);
const CHECKER = join(import.meta.dirname, '../../support/check-onnx.py');
/** Numbers of ONNX's TensorProto.DataType. */
const [FLOAT, INT64] = [1, 7];

const check = (...paths: readonly string[]) => run(MLFLOW_PYTHON, ['-I', CHECKER, ...paths]);

test("the graph of every recipe passes Python's onnx.checker, with the contract's inputs and outputs", async () => {
  const folder = temporaryFolder();
  const [march, april] = [await aThinnedMonth('2023-03', 120), await aThinnedMonth('2023-04', 120)];
  const paths: string[] = [];
  for (const recipe of RECIPE_NAMES) {
    const { model } = await train({ train: [march], validation: { kind: 'month', source: april } }, { recipe });
    paths.push(join(folder, `${recipe}.onnx`));
    await writeFile(join(folder, `${recipe}.onnx`), model);
  }
  const { stdout } = await check(...paths);
  const contract = {
    inputs: { PULocationID: INT64, DOLocationID: INT64, trip_distance: FLOAT, pickup_time: INT64 },
    outputs: {
      predicted_duration: FLOAT,
      interval_low: FLOAT,
      interval_high: FLOAT,
      interval80_low: FLOAT,
      interval80_high: FLOAT,
    },
  };
  expect(JSON.parse(stdout)).toEqual(RECIPE_NAMES.map(() => expect.objectContaining(contract)));
});

test('what is not a graph does not pass', async () => {
  const path = join(temporaryFolder(), 'wrong.onnx');
  await writeFile(path, Buffer.from([8, 10, 58, 0])); // IR version 10 and a graph with no name
  await expect(check(path)).rejects.toThrow('ValidationError');
});
