import { ALARM_METRICS, type Config, loadConfig } from '../../lib/config.ts';
import { type Cost, costAtRest, costsPerMillion, type Sizes, USUAL } from '../operations/costs.ts';
import { PRICES } from '../operations/prices.ts';
import type { CommonOptions } from './options.ts';
import { type Terminal, table } from './terminal.ts';

/** `tripcast cost`: what an environment costs by its configuration. Asks nobody. */
export async function cost({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  const sizes = sizesOf(loadConfig(env));
  const perMillion = costsPerMillion(sizes);
  const atRest = costAtRest(sizes);
  const { asOf, region } = PRICES;
  terminal.result({ env, prices: { asOf, region }, work: USUAL, per_million: perMillion, at_rest: atRest }, () =>
    [
      table(['a million predictions', 'dollars', 'of which'], perMillion.map(rowOf)),
      '',
      table(['', 'dollars', 'of which'], [rowOf(atRest)]),
      '',
      `List prices of ${region}, ${asOf}, without the free tier; env/${env}.json as it is.`,
    ].join('\n'),
  );
}

function sizesOf({ env, streams, eventSource, functions, packaging }: Config): Sizes {
  const memoryOf = (name: keyof Sizes['memoryMb']) => functions[name].memoryMb;
  return {
    streams,
    batchSize: eventSource.batchSize,
    memoryMb: { 'stream-score': memoryOf('stream-score'), predict: memoryOf('predict'), score: memoryOf('score') },
    packaging,
    alarmMetrics: ALARM_METRICS[env],
  };
}

const rowOf = ({ what, dollars, of }: Cost) => [what, dollars.toFixed(4), partsOf(of)];

/** The dearest first; what rounds to nothing is left out. */
const partsOf = (of: Cost['of']) =>
  Object.entries(of)
    .filter(([, dollars]) => dollars >= 0.000_05)
    .toSorted(([, a], [, b]) => b - a)
    .map(([part, dollars]) => `${part} ${dollars.toFixed(4)}`)
    .join(', ');
