import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { at } from '#model/at.ts';
import { pairOrder } from '#model/rides/pair-order.ts';
import { RideBatch, type RideInputs, wordsOf } from '#model/rides/ride-batch.ts';
import { pairSlot, zonesOfPair } from '#model/rides/zone-pair.ts';
import { OUTPUTS_NOW, type PredictionsNow, roomFor, type Scorer } from '#model/scorer.ts';
import type { SqlFunctions } from '#trips/database.ts';

export interface ScoreAheadJob {
  /** Rows of the file. */
  readonly rows: number;
  /** A query for `n`, the number of a row, and the function's arguments. */
  readonly rides: string;
  /** A file for this job only. */
  readonly path: string;
  readonly onRows: (rowsDone: number) => void;
  /** Rides that are put in order together. */
  readonly windowRides?: number;
}

/** Predictions by row. */
export interface ScoredRows extends Disposable {
  /** @param numbers of consecutive rows @returns arrays that the next call uses again */
  of(numbers: BigInt64Array): PredictionsNow;
}

/** Rides of a window, 60 bytes each. With more, runs between the same zones would be longer. */
const WINDOW_RIDES = 2 ** 20;
/** Rides of one call, which threads share. */
const CALL_RIDES = 16_384;
/** Of a ride. */
const WORDS = 4;
const FIELDS = OUTPUTS_NOW.length;
const ROW_BYTES = FIELDS * Float32Array.BYTES_PER_ELEMENT;

/**
 * Scores a file's rides before they are asked for, so that those between the same zones can be scored together, which
 * takes trees a fraction of the time. The predictions wait in a file: memory stays flat, however long the month is.
 * @param fastRun see {@link Scorer.fastRun}
 */
export async function scoreAhead(
  { rows, rides, path, onRows, windowRides = WINDOW_RIDES }: ScoreAheadJob,
  scorer: Scorer,
  fastRun: number,
  database: SqlFunctions & { run(sql: string): Promise<void> },
): Promise<ScoredRows> {
  const scores = new ScoresFile(path);
  const window = new Window(Math.min(rows, windowRides));
  let done = 0;
  const score = () => {
    done += window.size;
    window.score(scorer, fastRun, scores);
    onRows(done);
  };
  let nothing = new Float32Array(0);
  const collect = database.define({
    parameters: {
      n: 'BIGINT',
      pickup_zone: 'BIGINT',
      dropoff_zone: 'BIGINT',
      distance: 'FLOAT',
      pickup_time: 'BIGINT',
    },
    fields: ['nothing'],
    compute({ n, pickup_zone, dropoff_zone, distance, pickup_time }, size) {
      const inputs = { PULocationID: pickup_zone, DOLocationID: dropoff_zone, trip_distance: distance, pickup_time };
      const row = firstRow(n);
      for (let from = 0; from < size; ) {
        from += window.add(inputs, from, row);
        // The last window is scored here, too, while the query waits, so that a full disk fails the query.
        if (window.isFull || done + window.size === rows) score();
      }
      if (nothing.length !== size) nothing = new Float32Array(size);
      return [nothing];
    },
  });
  try {
    await database.run(`SELECT count(${collect}(n, pickup_zone, dropoff_zone, distance, pickup_time)) FROM (${rides})`);
    return scores;
  } catch (error) {
    scores[Symbol.dispose]();
    throw error;
  }
}

/** The number of the first of consecutive rows, which is how the database reads a file. */
function firstRow(numbers: BigInt64Array): number {
  const [first, last, rows] = [Number(numbers[0]), Number(numbers.at(-1)), numbers.length];
  if (last - first !== rows - 1) throw new Error(`The database passed rows ${first} to ${last} as ${rows} rows.`);
  return first;
}

/** Rides that wait to be scored together. */
class Window {
  size = 0;
  readonly #pairs: Uint32Array;
  readonly #times: Int32Array;
  readonly #distances: Float32Array;
  readonly #sorted: Records;
  readonly #scores: Float32Array;
  /** Rides whose rows follow each other. */
  #stretches: { readonly row: number; readonly from: number; readonly to: number }[] = [];

  constructor(capacity: number) {
    this.#pairs = new Uint32Array(capacity);
    this.#times = new Int32Array(capacity * 2);
    this.#distances = new Float32Array(capacity);
    this.#sorted = new Records(capacity);
    this.#scores = new Float32Array(capacity * FIELDS);
  }

  get isFull(): boolean {
    return this.size === this.#pairs.length;
  }

  /** Takes as many rides as there is room for. @param row of the first of the inputs @returns how many */
  add({ PULocationID, DOLocationID, trip_distance, pickup_time }: RideInputs, from: number, row: number): number {
    const taken = Math.min(trip_distance.length - from, this.#pairs.length - this.size);
    this.#stretches.push({ row: row + from, from: this.size, to: this.size + taken });
    this.#distances.set(trip_distance.subarray(from, from + taken), this.size);
    this.#times.set(wordsOf(pickup_time).subarray(2 * from, 2 * (from + taken)), 2 * this.size);
    const [pickups, dropoffs] = [wordsOf(PULocationID), wordsOf(DOLocationID)];
    for (let i = 0; i < taken; i += 1) {
      this.#pairs[this.size + i] = pairSlot(zoneAt(pickups, from + i), zoneAt(dropoffs, from + i));
    }
    this.size += taken;
    return taken;
  }

  /** Scores the rides, and forgets them. */
  score(scorer: Scorer, fastRun: number, to: ScoresFile): void {
    const places = pairOrder(this.#pairs.subarray(0, this.size), fastRun);
    for (let i = 0; i < places.length; i += 1) {
      this.#sorted.set(
        places[i] ?? 0,
        this.#pairs[i] ?? 0,
        this.#times[2 * i] ?? 0,
        this.#times[2 * i + 1] ?? 0,
        at(this.#distances, i),
      );
    }
    this.#sorted.score(this.size, scorer);
    for (let i = 0; i < places.length; i += 1) this.#sorted.copyScores(places[i] ?? 0, this.#scores, i * FIELDS);
    for (const { row, from, to: end } of this.#stretches) {
      to.write(row, this.#scores.subarray(from * FIELDS, end * FIELDS));
    }
    this.size = 0;
    this.#stretches = [];
  }
}

/**
 * Rides in another order than the file's. What is known of one is in one place, and so are its scores: each place more
 * would be one more that no cache holds.
 */
class Records {
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #scores: Float32Array;
  readonly #call = new RideBatch(CALL_RIDES);

  constructor(capacity: number) {
    this.#words = new Int32Array(capacity * WORDS);
    this.#floats = new Float32Array(this.#words.buffer);
    this.#scores = new Float32Array(capacity * FIELDS);
  }

  /** @param time in two words, the low one first */
  set(place: number, pair: number, timeLow: number, timeHigh: number, distance: number): void {
    const word = place * WORDS;
    this.#words[word] = pair;
    this.#words[word + 1] = timeLow;
    this.#words[word + 2] = timeHigh;
    this.#floats[word + 3] = distance;
  }

  copyScores(place: number, into: Float32Array, to: number): void {
    const from = place * FIELDS;
    into[to] = at(this.#scores, from);
    into[to + 1] = at(this.#scores, from + 1);
    into[to + 2] = at(this.#scores, from + 2);
  }

  score(size: number, scorer: Scorer): void {
    for (let from = 0; from < size; from += CALL_RIDES)
      this.#scoreSome(from, Math.min(size, from + CALL_RIDES), scorer);
  }

  #scoreSome(from: number, to: number, scorer: Scorer): void {
    this.#call.clear();
    for (let word = from * WORDS; word < to * WORDS; word += WORDS) {
      const { pickup, dropoff } = zonesOfPair(this.#words[word] ?? 0);
      const time = (this.#words[word + 2] ?? 0) * 2 ** 32 + ((this.#words[word + 1] ?? 0) >>> 0);
      this.#call.push(pickup, dropoff, at(this.#floats, word + 3), time);
    }
    const { predicted_duration, interval_low, interval_high } = scorer.scoreNow(this.#call.inputs);
    for (let i = 0; i < to - from; i += 1) {
      const place = (from + i) * FIELDS;
      this.#scores[place] = at(predicted_duration, i);
      this.#scores[place + 1] = at(interval_low, i);
      this.#scores[place + 2] = at(interval_high, i);
    }
  }
}

/** A number beyond 32 bits is no zone. */
const zoneAt = (words: Int32Array, index: number) => (words[2 * index + 1] === 0 ? (words[2 * index] ?? 0) : 0);

/** Prediction and interval of each row next to each other, at the row's number. */
class ScoresFile implements ScoredRows {
  readonly #file: number;
  #scores = new Float32Array(0);
  #predictions: PredictionsNow = roomFor(OUTPUTS_NOW, 0);

  constructor(path: string) {
    this.#file = openSync(path, 'w+');
  }

  write(row: number, scores: Float32Array): void {
    const bytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength);
    for (let from = 0; from < bytes.length; ) {
      from += writeSync(this.#file, bytes, from, bytes.length - from, row * ROW_BYTES + from);
    }
  }

  of(numbers: BigInt64Array): PredictionsNow {
    const [row, rows] = [firstRow(numbers), numbers.length];
    if (rows !== this.#predictions.predicted_duration.length) {
      this.#scores = new Float32Array(rows * FIELDS);
      this.#predictions = roomFor(OUTPUTS_NOW, rows);
    }
    const read = readSync(this.#file, this.#scores, 0, rows * ROW_BYTES, row * ROW_BYTES);
    if (read < rows * ROW_BYTES) throw new Error(`Rows ${row} to ${row + rows} have not all been scored.`);
    const { predicted_duration, interval_low, interval_high } = this.#predictions;
    for (let i = 0; i < rows; i += 1) {
      predicted_duration[i] = at(this.#scores, i * FIELDS);
      interval_low[i] = at(this.#scores, i * FIELDS + 1);
      interval_high[i] = at(this.#scores, i * FIELDS + 2);
    }
    return this.#predictions;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
