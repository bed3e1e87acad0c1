import { aRun } from './a-run.ts';

export interface APrediction {
  readonly id: string;
  readonly ride: string | number;
  readonly minutes?: number;
  readonly at?: string;
  readonly version?: string;
  readonly source?: 'stream' | 'api';
  readonly distance?: 'given' | 'typical';
}

/** A record of the predictions stream; its interval is 5 minutes to each side. */
export const aPrediction = ({
  id,
  ride,
  minutes = 10,
  at = '2026-11-21T12:00:00.000Z',
  version = aRun('a'),
  source = 'stream',
  distance = 'given',
}: APrediction) => ({
  model: 'ride_duration_prediction_model',
  version,
  prediction: {
    ride_duration: minutes,
    ride_id: ride,
    interval: [minutes - 5, minutes + 5],
    distance_source: distance,
  },
  prediction_id: id,
  predicted_at: at,
  source,
});

/** Values as JSON lines; text as it is. */
export const jsonLines = (values: readonly unknown[]) =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('');

/** An archive with everything that a reader of it has to expect, in objects by UTC hour of arrival. */
export const ODD_ARCHIVE: Readonly<Record<string, readonly unknown[]>> = {
  'stream/dt=2026-11-21/hh=12/a.jsonl.gz': [
    aPrediction({ id: 'known', ride: 1 }),
    aPrediction({ id: 'known', ride: 1 }), // delivered twice
    aPrediction({ id: 'text', ride: '2', distance: 'typical', minutes: 30 }),
    aPrediction({ id: 'again', ride: 2, minutes: 20 }), // another prediction of the same ride
    'a line of someone else',
    { hello: 'world' },
    aPrediction({ id: 'timeless', ride: 1, at: 'yesterday' }),
    '[1]',
  ],
  'stream/dt=2026-11-21/hh=13/b.jsonl': [
    // The same event, redelivered after another model was promoted.
    aPrediction({ id: 'known', ride: 1, at: '2026-11-21T13:00:00.000Z', version: aRun('b'), minutes: 50 }),
    aPrediction({ id: 'conflicting', ride: 'c', version: aRun('b') }),
    aPrediction({ id: 'without', ride: 'w', version: aRun('b') }),
    aPrediction({ id: 'long', ride: 'l', version: aRun('b'), source: 'api' }),
  ],
  'stream/dt=2026-11-22/hh=04/c.jsonl.gz': [
    aPrediction({ id: 'evening', ride: 'e', at: '2026-11-22T04:59:59.999Z', minutes: 12.25 }), // November 21 in New York
    aPrediction({ id: 'midnight', ride: 'm', at: '2026-11-22T05:00:00.000Z' }), // November 22
  ],
};

export const ODD_LABELS: Readonly<Record<string, readonly unknown[]>> = {
  'labels/1.jsonl.gz': [
    { ride_id: '1', actual_duration: 12 },
    { ride_id: '2', actual_duration: 24 },
    { ride_id: 'c', actual_duration: 5 },
    { ride_id: 'l', actual_duration: 90 },
    { ride_id: 'nobody', actual_duration: 7 },
  ],
  'labels/2.jsonl': [
    { ride_id: 1, actual_duration: 12.0, more: true }, // the same again
    { ride_id: 'c', actual_duration: 6 }, // the opposite
    { ride_id: 'e', actual_duration: 18 },
    { ride_id: 'm', actual_duration: 10 },
    { ride_id: 'w', actual_duration: -4 },
    { ride_id: 'w', actual_duration: 100_000 },
    { actual_duration: 3 },
    'not a label',
  ],
};
