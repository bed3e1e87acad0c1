/** The stream handler on one core: a Kinesis event in, PutRecords entries out, publishing to memory. */
import { join } from 'node:path';
import { z } from 'zod';
import { folder, onOneCore } from '../../side-by-side.ts';
import type { Contest } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const JOB = join(import.meta.dirname, '../../stream/throughput-job.ts');
const rateSchema = z.object({ events_per_second: z.number() });
const rate = (said: string) => ({ value: rateSchema.parse(JSON.parse(said)).events_per_second });

export async function streaming({ python, march, april, model }: Prepared): Promise<readonly Contest[]> {
  const pickle = join(folder, 'peer.pkl');
  python.run('train_linear.py', march, 'lpep_', pickle);
  const contest = async (recipe: string, rounds: string): Promise<Contest> => {
    const path = await model(recipe);
    return {
      title: `stream handler with ${recipe}, batches of 500`,
      unit: 'events/s',
      better: 'more',
      digits: 0,
      sides: [
        { name: 'tripcast', run: () => rate(onOneCore(process.execPath, JOB, path, april, 'contract', '500', rounds)) },
        {
          name: 'record by record, scikit-learn',
          run: () => rate(onOneCore(python.interpreter, python.path('handler.py'), pickle, '3000')),
        },
      ],
      most: { rounds: 3, seconds: 30 },
    };
  };
  return [await contest('linear-pair', '15'), await contest('zone-map-fast', '5'), await contest('zone-map', '5')];
}
