import { join } from 'node:path';
import { ingestMonths } from '#cli/commands/ingest.ts';
import type { Deployment } from '#cli/context.ts';
import { CLONE } from '#setup/paths.mjs';
import { type TrainingOutcome, trainingOutcomeSchema } from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { FunctionInImage } from './function-in-image.ts';

export const TLC = join(CLONE, 'data/tlc');
export const MONTHS = ['2023-03', '2023-04'].map(parseMonth);

/** The published baseline: trained on 2023-03, validated on 2023-04. */
export const LINEAR_PAIR = { recipe: 'linear-pair', train: { from: '2023-03', to: '2023-03' }, promote: true };

/** A run that the four training functions, each in the image, made the champion. */
export async function trainedInImage(to: Deployment): Promise<TrainingOutcome> {
  await ingestMonths(to, MONTHS, { taxiType: 'green', source: TLC }, silentTerminal());
  let handedOn: unknown = LINEAR_PAIR;
  for (const name of ['train', 'gate', 'register', 'promote'] as const) {
    await using state = new FunctionInImage(name);
    handedOn = await state.answer(handedOn);
  }
  return trainingOutcomeSchema.parse(handedOn);
}
