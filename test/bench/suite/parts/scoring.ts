/** Scoring files: whole processes, as a person or a cron job would start them. */
import { join } from 'node:path';
import { folder } from '../../side-by-side.ts';
import type { Contest } from '../contest.ts';
import type { Prepared } from '../prepared.ts';
import { tripcast, wholeFigure } from '../processes.ts';

const OUTPUT = join(folder, 'output.parquet');
const PEER_OUTPUT = join(folder, 'peer.parquet');
const RECIPES = ['linear-pair', 'zone-map-fast', 'zone-map'] as const;

export async function scoring({ python, march, yellow, six, model }: Prepared): Promise<readonly Contest[]> {
  const pickle = join(folder, 'peer.pkl');
  python.run('train_linear.py', march, 'lpep_', pickle);
  const folders = await Promise.all(RECIPES.map(async (recipe) => [recipe, await model(recipe)] as const));

  const ours = (input: string, path: string) => () =>
    wholeFigure(() => tripcast('score', input, OUTPUT, '--model', join(path, 'model.onnx'), '--any-taxi-type'));
  const theirs = (recipe: (typeof RECIPES)[number], path: string, input: string, prefix: string) =>
    recipe === 'linear-pair'
      ? {
          name: 'pandas, scikit-learn',
          run: () => wholeFigure(() => python.run('score_month.py', input, prefix, pickle, PEER_OUTPUT)),
        }
      : {
          name: 'pandas, XGBoost',
          run: () => wholeFigure(() => python.run('score_month_xgboost.py', input, prefix, path, PEER_OUTPUT)),
        };
  const contest = (rides: string, input: string, prefix: string, rounds: number, seconds: number) =>
    folders.map(
      ([recipe, path]): Contest => ({
        title: `score ${rides} with ${recipe}`,
        unit: 's',
        better: 'less',
        digits: 2,
        sides: [{ name: 'tripcast', run: ours(input, path) }, theirs(recipe, path, input, prefix)],
        most: { rounds, seconds },
      }),
    );
  return [
    ...contest('a real month of 69k rides', march, 'lpep_', 5, 20),
    ...contest('3.4M rides', yellow, 'tpep_', 2, 50),
    ...folders.map(
      ([recipe, path]): Contest => ({
        title: `score 20.4M rides with ${recipe}`,
        unit: 's',
        better: 'less',
        digits: 1,
        sides: [{ name: 'tripcast', run: ours(six, path) }],
        most: { rounds: 1, seconds: 120 },
      }),
    ),
  ];
}
