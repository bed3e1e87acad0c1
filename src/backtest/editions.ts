import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { parseObject } from '#registry/json-object.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/** TLC publishes a month again now and then: an edition is one of its files. */

const editionsSchema = z.record(z.string(), z.string());

/** Which edition of each month the last backtest worked with. */
export class Editions {
  readonly #store: ObjectStore;
  readonly #key: string;

  constructor(store: ObjectStore, taxiType: TaxiType) {
    this.#store = store;
    this.#key = `${dataKeys.backtestWork}editions/${taxiType}.json`;
  }

  /** Months that are new are recorded right away. @returns a sentence for each month that was published again */
  async published(sources: readonly RawMonth[]): Promise<readonly string[]> {
    const known = await this.#read();
    await this.#write({ ...shasOf(sources), ...known });
    return sources.flatMap(({ month, sha256 }) => {
      const before = known[month];
      if (before === undefined || before === sha256) return [];
      return [
        `${month} was published again (sha256 ${before.slice(0, 8)}… before, ${sha256.slice(0, 8)}… now): what rested on the old file was done again.`,
      ];
    });
  }

  /** Once a backtest has done everything again, these editions are the known ones; until then, it says so each time. */
  async settle(sources: readonly RawMonth[]): Promise<void> {
    await this.#write({ ...(await this.#read()), ...shasOf(sources) });
  }

  async #read(): Promise<Readonly<Record<string, string>>> {
    const found = await this.#store.get(this.#key);
    if (found === undefined) return {};
    return parseObject(editionsSchema, found.body, `${this.#key} is not a list of months`, 'Delete it, and run again.');
  }

  async #write(editions: Readonly<Record<string, string>>): Promise<void> {
    await this.#store.put(this.#key, JSON.stringify(editions), { contentType: 'application/json' });
  }
}

const shasOf = (sources: readonly RawMonth[]) =>
  Object.fromEntries(sources.map(({ month, sha256 }) => [month, sha256]));

/**
 * Work is kept under the hashes that the files had when the backtest began, so they must still have them when it is done.
 * @throws TripcastError naming the file that was replaced in the meantime
 */
export async function refuseReplaced(sources: readonly RawMonth[]): Promise<void> {
  for (const { path, sha256 } of sources) {
    if ((await sha256OfFile(path)) === sha256) continue;
    throw new TripcastError(
      `${path} was replaced while the backtest was reading it`,
      'Run it again: finished work is kept, and what rests on that file is done again.',
    );
  }
}
