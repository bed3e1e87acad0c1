/** The stream handler on one core: a Kinesis event in, PutRecords entries out, publishing to memory. */
import { join } from 'node:path';
import { z } from 'zod';
import { folder, onOneCore } from '../../side-by-side.ts';
import type { Contest } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const JOB = join(import.meta.dirname, '../../stream/throughput-job.ts');
const rateSchema = z.object({ events_per_second: z.number() });
const rate = (said: string) => ({ value: rateSchema.parse(JSON.parse(said)).events_per_second });
const latencySchema = z.object({ p50_ms: z.number(), p99_ms: z.number() });

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
  /** What a caller waits for: 200 batches of 100 events a round. */
  const latency = async (
    recipe: string,
    which: keyof z.infer<typeof latencySchema>,
    words: string,
  ): Promise<Contest> => {
    const path = await model(recipe);
    const said = () => onOneCore(process.execPath, JOB, path, april, 'contract', '100', '10');
    return {
      title: `stream handler with ${recipe}, ${words} batch of 100`,
      unit: 'ms',
      better: 'less',
      digits: 2,
      sides: [{ name: 'tripcast', run: () => ({ value: latencySchema.parse(JSON.parse(said()))[which] }) }],
      most: { rounds: 3, seconds: 15 },
    };
  };
  return [
    await contest('linear-pair', '15'),
    await contest('zone-map-fast', '5'),
    await contest('zone-map', '5'),
    await latency('zone-map', 'p50_ms', 'the median'),
    await latency('zone-map', 'p99_ms', 'the 99th percentile'),
  ];
}
