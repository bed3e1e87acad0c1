/** What a model alone takes: rides ready in memory, no file read or written. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../../side-by-side.ts';
import type { Contest, Side } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const JOB = join(import.meta.dirname, '../rate-job.ts');
const CORES = availableParallelism();
/** Rides of a call: DuckDB's vectors, and what a long month is scored in. */
const [VECTOR, LONG_CALL] = [2048, 16_384];
const oursSchema = z.object({ microseconds: z.number() });
const peerSchema = z.object({ data_frame: z.number(), in_place: z.number() });

export async function rates({ python, april, model }: Prepared): Promise<readonly Contest[]> {
  const ours = (folder: string, name: string, { engine = 'tripcast', threads = 1, call = VECTOR } = {}): Side => ({
    name,
    run() {
      const model = join(folder, 'model.onnx');
      const said = run(process.execPath, [JOB, model, april, engine, String(threads), String(call)]);
      return { value: oursSchema.parse(JSON.parse(said)).microseconds };
    },
  });
  const library = (folder: string, name: string, of: keyof z.infer<typeof peerSchema>): Side => ({
    name,
    run: () => ({ value: peerSchema.parse(python.run('xgboost_rates.py', april, 'lpep_', folder))[of] }),
  });
  const contest = (title: string, sides: Contest['sides']): Contest => ({
    title: `rides in memory with ${title}`,
    unit: 'µs a ride',
    better: 'less',
    digits: 2,
    sides,
    most: { rounds: 3, seconds: 20 },
  });
  const [linear, fast, champion] = await Promise.all(['linear-pair', 'zone-map-fast', 'zone-map'].map(model));
  if (linear === undefined || fast === undefined || champion === undefined) throw new Error('A model is missing.');
  const alone = (folder: string) =>
    [ours(folder, 'tripcast'), ours(folder, 'onnxruntime', { engine: 'onnxruntime' })] as const;
  const libraries = (folder: string) => [
    library(folder, 'XGBoost in place', 'in_place'),
    library(folder, 'XGBoost on a DataFrame', 'data_frame'),
  ];
  const onCores = (folder: string) =>
    [
      ours(folder, 'tripcast', { threads: CORES, call: LONG_CALL }),
      ours(folder, 'tripcast on one thread', { call: LONG_CALL }),
    ] as const;
  return [
    contest('linear-pair, one thread', alone(linear)),
    contest('zone-map-fast, one thread', [...alone(fast), ...libraries(fast)]),
    contest('zone-map, one thread', [...alone(champion), ...libraries(champion)]),
    contest(`zone-map-fast, ${CORES} threads, calls of 16,384`, onCores(fast)),
    contest(`zone-map, ${CORES} threads, calls of 16,384`, onCores(champion)),
  ];
}
