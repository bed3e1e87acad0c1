import { alarmMetrics } from '#lib/config/alarm-metrics.ts';
import { loadConfig } from '#lib/config/load.ts';
import type { Config } from '#lib/config/schema.ts';
import { type Cost, costAtRest, costsAtRestOtherwise, costsPerMillion, type Sizes, USUAL } from '#operations/costs.ts';
import { PRICES, PRICES_AS_OF, pricedRegion } from '#operations/prices.ts';
import type { CommonOptions } from '../options.ts';
import { type Terminal, table } from '../view/terminal.ts';

/** `tripcast cost`: what an environment costs according to its configuration. Makes no requests. */
export async function cost({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  const config = loadConfig(env);
  const sizes = sizesOf(config);
  const region = pricedRegion(config.region);
  const prices = PRICES[region];
  const perMillion = costsPerMillion(sizes, prices);
  const atRest = costAtRest(sizes, prices);
  const others = costsAtRestOtherwise(sizes, prices);
  const result = {
    env,
    region: config.region,
    prices: { asOf: PRICES_AS_OF, region },
    work: USUAL,
    per_million: perMillion,
    at_rest: atRest,
    at_rest_otherwise: others,
  };
  terminal.result(result, () =>
    [
      table(['per million predictions', 'dollars', 'of which'], perMillion.map(rowOf)),
      '',
      table(['', 'dollars', 'of which'], [atRest, ...others].map(rowOf)),
      '',
      `${source(config.region, region)}, ${PRICES_AS_OF}, without the free tier; env/${env}.json as it is.`,
    ].join('\n'),
  );
}

const source = (region: string, priced: string) =>
  region === priced
    ? `List prices of ${region}`
    : `tripcast has no prices for ${region}: these are list prices of ${priced}; ${region} may cost a fifth more`;

/** The parts of a configuration that cost money. */
export function sizesOf(config: Config): Sizes {
  const { streams, eventSource, functions, packaging } = config;
  const memoryOf = (name: keyof Sizes['memoryMb']) => functions[name].memoryMb;
  return {
    streams,
    batchSize: eventSource.batchSize,
    memoryMb: { 'stream-score': memoryOf('stream-score'), predict: memoryOf('predict'), score: memoryOf('score') },
    packaging,
    alarmMetrics: alarmMetrics(config),
  };
}

const rowOf = ({ what, dollars, of }: Cost) => [what, dollars.toFixed(4), partsOf(of)];

/** Most expensive first; what rounds to nothing is left out. */
const partsOf = (of: Cost['of']) =>
  Object.entries(of)
    .filter(([, dollars]) => dollars >= 0.000_05)
    .toSorted(([, a], [, b]) => b - a)
    .map(([part, dollars]) => `${part} ${dollars.toFixed(4)}`)
    .join(', ');
