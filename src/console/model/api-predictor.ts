import { formatWallClock } from '#trips/new-york-time.ts';
import { type Api, ApiError } from '../api.ts';
import type { Predictions, Predictor, Ride } from '../predictor.ts';

/** As the API allows. */
const MOST_RIDES = 1000;

/** Asks the API: one request for up to 1,000 rides. */
export class ApiPredictor implements Predictor {
  readonly where = 'api';
  readonly run: string | undefined;
  readonly #api: Pick<Api, 'post'>;

  constructor(api: Pick<Api, 'post'>, run: string | undefined) {
    this.#api = api;
    this.run = run;
  }

  async score(rides: readonly Ride[]): Promise<Predictions> {
    const answers: (readonly [number, number, number])[] = [];
    for (let from = 0; from < rides.length; from += MOST_RIDES) {
      const asked = rides.slice(from, from + MOST_RIDES).map(asAsked);
      answers.push(...readAnswers(await this.#api.post('predict/batch', { rides: asked }), asked.length));
    }
    return {
      duration: answers.map(([duration]) => duration),
      low: answers.map(([, low]) => low),
      high: answers.map(([, , high]) => high),
    };
  }

  /** Only the model's own table has it. */
  typicalDistance(): undefined {
    return undefined;
  }

  close(): void {}
}

/** What the page reads of an answer (src/serving/batch-request.ts). */
interface Answers {
  readonly answers: readonly (
    | {
        readonly outcome: 'predicted';
        readonly predicted_duration: number;
        readonly interval: readonly [number, number];
      }
    | { readonly outcome: 'refused'; readonly problems: readonly { readonly message: string }[] }
  )[];
}

function readAnswers(body: unknown, expected: number): readonly (readonly [number, number, number])[] {
  const { answers } = body as Partial<Answers>;
  if (answers?.length !== expected) {
    throw new ApiError('The answer of /predict/batch is not what this page expects. Reload the page.');
  }
  return answers.map((answer) => {
    if (answer.outcome === 'refused') throw new ApiError(answer.problems.map(({ message }) => message).join('; '));
    return [answer.predicted_duration, ...answer.interval];
  });
}

const asAsked = ({ pickup, dropoff, distance, time }: Ride) => ({
  PULocationID: pickup,
  DOLocationID: dropoff,
  ...(distance !== undefined && { trip_distance: distance }),
  pickup_datetime: formatWallClock(time),
});
