/** Training: reading, cleaning, fitting and measuring, without imports on either side. */
import { join } from 'node:path';
import { z } from 'zod';
import { folder, run, TLC } from '../../side-by-side.ts';
import type { Contest, Figure } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const JOBS = join(import.meta.dirname, '../../train');
const figureSchema = z.object({ seconds: z.number(), peak_mib: z.number() });

const boostingSchema = z.object({ boosting_seconds: z.number() });
const boosting = (said: unknown): Figure => ({ value: boostingSchema.parse(said).boosting_seconds });

function figure(said: unknown): Figure {
  const { seconds, peak_mib } = figureSchema.parse(said);
  return { value: seconds, peakMib: peak_mib };
}

const job = (name: string, ...args: readonly string[]): unknown =>
  JSON.parse(run(process.execPath, [join(JOBS, name), ...args]));

export function training({ python, march, april, yellow }: Prepared): readonly Contest[] {
  const pickle = join(folder, 'peer.pkl');
  const linear = (rides: string, taxiType: string, file: string, prefix: string, rounds: number): Contest => ({
    title: `train linear-pair on ${rides}`,
    unit: 's',
    better: 'less',
    digits: 2,
    sides: [
      { name: 'tripcast', run: () => figure(job('linear-job.ts', 'linear-pair', taxiType, file)) },
      { name: 'pandas, scikit-learn', run: () => figure(python.run('train_linear.py', file, prefix, pickle)) },
    ],
    most: { rounds, seconds: 45 },
  });
  return [
    linear('a real month of 69k rides', 'green', march, 'lpep_', 3),
    linear('3.4M rides', 'yellow', yellow, 'tpep_', 1),
    {
      title: "xgboost-pair's 30 rounds on a real month, with both errors after each",
      unit: 's',
      better: 'less',
      digits: 1,
      sides: [
        {
          name: 'tripcast',
          run: () => boosting(job('train-job.ts', 'xgboost-pair', 'green', TLC, '2023-03', '2023-04')),
        },
        { name: 'XGBoost in Python', run: () => boosting(python.run('train_xgboost.py', march, april, 'lpep_')) },
      ],
      most: { rounds: 1, seconds: 60 },
    },
  ];
}
