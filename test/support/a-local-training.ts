import { join } from 'node:path';
import { parseTaxiType } from '#trips/taxi-type.ts';
import { realMonth } from './tlc-files.ts';

/** What `tripcast train --local` is given for linear-pair on green 2023-03; the real months by default. */
export const aLocalTraining = (out: string, source = join(realMonth('2023-03'), '..')) => ({
  recipe: 'linear-pair',
  taxiType: parseTaxiType('green'),
  year: 2023,
  month: 3,
  local: true,
  promote: false,
  source,
  out,
  env: 'dev',
  json: true,
});
