import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { at } from '#model/at.ts';
import { inPairOrder } from '#model/rides/pair-order.ts';
import { RideBatch, type RideInputs } from '#model/rides/ride-batch.ts';
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
}

/** Predictions by row. */
export interface ScoredRows extends Disposable {
  /** @param numbers of consecutive rows */
  of(numbers: BigInt64Array): PredictionsNow;
}

/** Rides that are put in order together, about 48 bytes each. With more, runs between the same zones would be longer. */
const WINDOW_RIDES = 2 ** 20;
/** Rides of one call, which threads share. */
const CALL_RIDES = 16_384;

/**
 * Scores a file's rides before they are asked for, so that those between the same zones can be scored together, which
 * takes trees a fraction of the time. The predictions wait in a file: memory stays flat, however long the month is.
 * @param fastRun see {@link Scorer.fastRun}
 */
export async function scoreAhead(
  { rows, rides, path, onRows }: ScoreAheadJob,
  scorer: Scorer,
  fastRun: number,
  database: SqlFunctions & { run(sql: string): Promise<void> },
): Promise<ScoredRows> {
  const scores = new ScoresFile(path);
  const window = new Window(Math.min(rows, WINDOW_RIDES));
  let done = 0;
  const score = () => {
    window.score(scorer, fastRun, scores);
    done += window.size;
    window.clear();
    onRows(done);
  };
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
        from += window.add(inputs, from, size, row);
        // The last window is scored here, too, while the query waits, so that a full disk fails the query.
        if (window.isFull || done + window.size === rows) score();
      }
      return [new Float32Array(size)];
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
  readonly #rides: RideBatch;
  readonly #call = new RideBatch(CALL_RIDES);
  /** Rides whose rows follow each other. */
  #stretches: { readonly row: number; readonly from: number; readonly to: number }[] = [];

  constructor(capacity: number) {
    this.#rides = new RideBatch(capacity);
  }

  get size(): number {
    return this.#rides.size;
  }

  get isFull(): boolean {
    return this.size === this.#rides.capacity;
  }

  /** Takes as many rides as there is room for. @param row of the first of the inputs @returns how many */
  add(inputs: RideInputs, from: number, to: number, row: number): number {
    const taken = Math.min(to - from, this.#rides.capacity - this.size);
    this.#stretches.push({ row: row + from, from: this.size, to: this.size + taken });
    this.#rides.append(inputs, from, from + taken);
    return taken;
  }

  clear(): void {
    this.#rides.clear();
    this.#stretches = [];
  }

  score(scorer: Scorer, fastRun: number, to: ScoresFile): void {
    const order = inPairOrder(this.#rides, fastRun);
    const scores = new Float32Array(this.size * OUTPUTS_NOW.length);
    for (let from = 0; from < order.length; from += CALL_RIDES) {
      const some = order.subarray(from, from + CALL_RIDES);
      this.#call.pick(this.#rides, some);
      const predictions = scorer.scoreNow(this.#call.inputs);
      OUTPUTS_NOW.forEach((name, field) => {
        const column = predictions[name];
        for (let i = 0; i < some.length; i += 1) scores[(some[i] ?? 0) * OUTPUTS_NOW.length + field] = at(column, i);
      });
    }
    for (const { row, from, to: end } of this.#stretches) {
      to.write(row, scores.subarray(from * OUTPUTS_NOW.length, end * OUTPUTS_NOW.length));
    }
  }
}

/** A row's predictions next to each other, at its number. */
class ScoresFile implements ScoredRows {
  static readonly #ROW_BYTES = OUTPUTS_NOW.length * Float32Array.BYTES_PER_ELEMENT;
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'w+');
  }

  write(row: number, scores: Float32Array): void {
    const bytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength);
    for (let from = 0; from < bytes.length; ) {
      from += writeSync(this.#file, bytes, from, bytes.length - from, row * ScoresFile.#ROW_BYTES + from);
    }
  }

  of(numbers: BigInt64Array): PredictionsNow {
    const [row, rows] = [firstRow(numbers), numbers.length];
    const scores = new Float32Array(rows * OUTPUTS_NOW.length);
    const read = readSync(this.#file, scores, 0, scores.byteLength, row * ScoresFile.#ROW_BYTES);
    if (read < scores.byteLength) throw new Error(`Rows ${row} to ${row + rows} have not all been scored.`);
    const predictions = roomFor(OUTPUTS_NOW, rows);
    OUTPUTS_NOW.forEach((name, field) => {
      for (let i = 0; i < rows; i += 1) predictions[name][i] = at(scores, i * OUTPUTS_NOW.length + field);
    });
    return predictions;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
