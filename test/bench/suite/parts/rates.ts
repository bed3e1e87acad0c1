/** What a model alone takes: rides ready in memory, no file read or written. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../../side-by-side.ts';
import type { Contest, Side } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const JOB = join(import.meta.dirname, '../rate-job.ts');
const oursSchema = z.object({ microseconds: z.number() });
const peerSchema = z.object({ data_frame: z.number(), in_place: z.number() });

export async function rates({ python, april, model }: Prepared): Promise<readonly Contest[]> {
  const contest = async (recipe: string): Promise<Contest> => {
    const folder = await model(recipe);
    const ours = (name: string, engine: string, threads: number): Side => ({
      name,
      run() {
        const args = [JOB, join(folder, 'model.onnx'), april, engine, String(threads)];
        return { value: oursSchema.parse(JSON.parse(run(process.execPath, args))).microseconds };
      },
    });
    const library = (name: string, of: keyof z.infer<typeof peerSchema>): Side => ({
      name,
      run: () => ({ value: peerSchema.parse(python.run('xgboost_rates.py', april, 'lpep_', folder))[of] }),
    });
    const cores = availableParallelism();
    return {
      title: `rides in memory with ${recipe}, one thread`,
      unit: 'µs a ride',
      better: 'less',
      digits: 2,
      sides: [
        ours('tripcast', 'tripcast', 1),
        ours('onnxruntime', 'onnxruntime', 1),
        ...(recipe.startsWith('zone-map')
          ? [
              library('XGBoost in place', 'in_place'),
              library('XGBoost on a DataFrame', 'data_frame'),
              ours(`tripcast on ${cores} threads`, 'tripcast', cores),
            ]
          : []),
      ],
      most: { rounds: 3, seconds: 20 },
    };
  };
  return Promise.all(['linear-pair', 'zone-map-fast', 'zone-map'].map(contest));
}
