/** A cold start of a function that serves: a fresh process to its first prediction, without the time the model is fetched. */
import { join } from 'node:path';
import { bundleFunctions } from '#packaging/bundle.ts';
import { folder } from '../../side-by-side.ts';
import { coldStarts, type Serving } from '../../stream/cold-starts.ts';
import type { Contest, Side } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const FUNCTIONS = join(folder, 'functions');

export async function coldStart({ model }: Prepared): Promise<readonly Contest[]> {
  await bundleFunctions(FUNCTIONS);
  const contest = async (serving: Serving, recipe: string): Promise<Contest> => {
    const path = await model(recipe);
    const side = (name: string, engine: 'auto' | 'onnxruntime'): Side => ({
      name,
      async run() {
        const [start] = await coldStarts(FUNCTIONS, path, 1, engine, serving);
        return { value: start?.without ?? Number.NaN };
      },
    });
    return {
      title: `cold start of ${serving} to the first prediction with ${recipe}, without the fetch`,
      unit: 'ms',
      better: 'less',
      digits: 0,
      sides: [side('tripcast', 'auto'), side('tripcast with onnxruntime', 'onnxruntime')],
      most: { rounds: 11, seconds: 20 },
    };
  };
  return [
    await contest('stream-score', 'linear-pair'),
    await contest('stream-score', 'zone-map'),
    await contest('predict', 'zone-map'),
  ];
}
