import { z } from 'zod';
import { invokeFunction } from '#adapters/lambda.ts';
import { TripcastError } from '#errors.ts';
import { liveFunctionName } from '#lib/config/names.ts';
import { type PredictAnswer, type PredictRequest, predictAnswerSchema } from '#serving/request.ts';
import { zoneOf } from '#trips/zones.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { drawInterval } from '../view/interval.ts';
import type { Terminal } from '../view/terminal.ts';

export interface PredictOptions {
  readonly pu: number;
  readonly do: number;
  readonly distance?: number;
  readonly at?: string;
}

/** `tripcast predict`: sends one ride to the deployed function; its input is what the HTTP API would pass on. */
export async function predict(options: PredictOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const to = await connect(options.env);
  const answer = await askFunction(to, {
    PULocationID: options.pu,
    DOLocationID: options.do,
    ...(options.distance !== undefined && { trip_distance: options.distance }),
    ...(options.at !== undefined && { pickup_datetime: options.at }),
  });
  terminal.result(answer, () => sentence(options, answer));
}

/** A call with the caller's own credentials, which works whether or not the HTTP API requires a signature. */
export async function askFunction({ config }: Deployment, request: PredictRequest): Promise<PredictAnswer> {
  const answer = responseSchema.parse(
    await invokeFunction(liveFunctionName(config.env, 'predict'), httpEvent(request)),
  );
  const body: unknown = JSON.parse(answer.body);
  if (answer.statusCode === 200) return predictAnswerSchema.parse(body);
  const said = problemSchema.safeParse(body).data?.message ?? answer.body;
  throw new TripcastError(`The ride was not predicted: ${said.replace(/\.$/, '')}`, 'See `tripcast logs predict`.');
}

/** The API's answer when there is no prediction. */
const problemSchema = z.object({ message: z.string() });

const responseSchema = z.object({ statusCode: z.int(), body: z.string() });

/** As API Gateway's HTTP API sends it (payload format 2.0), with what the function reads. */
const httpEvent = (request: PredictRequest) => ({
  version: '2.0',
  routeKey: 'POST /predict',
  rawPath: '/predict',
  rawQueryString: '',
  headers: { 'content-type': 'application/json', host: 'localhost' },
  requestContext: { domainName: 'localhost', http: { method: 'POST', path: '/predict' } },
  body: JSON.stringify(request),
  isBase64Encoded: false,
});

/** One request to the HTTP API itself; for an API that requires no signature. */
export async function askApi(apiUrl: string, request: PredictRequest): Promise<PredictAnswer> {
  const response = await fetch(`${apiUrl}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  if (response.ok) return predictAnswerSchema.parse(JSON.parse(text));
  throw new TripcastError(
    `${apiUrl} answered ${response.status}: ${text.slice(0, 300)}`,
    'See `npx tripcast logs predict`.',
  );
}

/** `JFK Airport -> Times Sq/Theatre District, Mon 2023-04-03 08:30: 52 min, 90% 38 to 71`, and the interval drawn. */
export function sentence({ pu, do: to }: PredictOptions, answer: PredictAnswer): string {
  const [low, high] = answer.interval;
  const [day = '', time = ''] = answer.pickup_datetime_used.split('T');
  const weekday = WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()];
  const value = answer.predicted_duration;
  const [shown, least, most] = [value, low, high].map((minutes) => minutes.toFixed(0));
  return [
    `${nameOf(pu)} -> ${nameOf(to)}, ${weekday} ${day} ${time.slice(0, 5)}: ${shown} min, 90% ${least} to ${most}`,
    drawInterval({ low, value, high }, INTERVAL_WIDTH),
    `distance ${answer.distance_source}, model ${answer.model_version.slice(0, 8)}; times are New York's`,
  ].join('\n');
}

const INTERVAL_WIDTH = 50;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** The two ids that TLC gives to no place of the city have names that need their numbers. */
const nameOf = (zone: number) => (zone < OUTSIDE_MAP ? zoneOf(zone).name : `zone ${zone} (${zoneOf(zone).name})`);
const OUTSIDE_MAP = 264;
