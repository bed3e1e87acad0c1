import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { type HourProfile, readHourProfile } from '#streaming/hour-profile.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Downloads at a time. */
const AT_ONCE = 16;

/** The profiles of a stream's last days, and what could not be used. */
export interface TrailingHours {
  readonly hours: readonly HourProfile[];
  /** Objects that another version of tripcast wrote, or that are damaged, each with the reason. */
  readonly leftOut: readonly string[];
}

/**
 * Reads the profiles of the hours that end at `now`: 24 for each day. An hour that the clock has not reached is left
 * alone, as is one before.
 */
export async function trailingHours(
  store: Pick<ObjectStore, 'list' | 'get'>,
  taxiType: TaxiType,
  { now, days }: { readonly now: Date; readonly days: number },
): Promise<TrailingHours> {
  const wanted = Array.from({ length: days * 24 }, (_, i) => hourOf(now.getTime() - i * HOUR_MS));
  const keys: string[] = [];
  for (let day = 0; day <= days; day += 1) {
    const text = new Date(now.getTime() - day * DAY_MS).toISOString().slice(0, 10);
    for await (const { key } of store.list(dataKeys.profilesOfDay(taxiType, text))) {
      if (wanted.includes(`${text}T${/\/hh=(\d\d)\//.exec(key)?.[1]}`)) keys.push(key);
    }
  }
  const hours: HourProfile[] = [];
  const leftOut: string[] = [];
  for (let i = 0; i < keys.length; i += AT_ONCE) {
    const some = keys.slice(i, i + AT_ONCE);
    const bodies = await Promise.all(some.map(async (key) => (await store.get(key))?.body));
    for (const [j, body] of bodies.entries()) {
      if (body === undefined) continue; // expired since it was listed
      const read = readHourProfile(body);
      if (read.outcome === 'read') hours.push(read.value);
      else leftOut.push(`${some[j]}: ${read.outcome === 'damaged' ? read.problem : `schema version ${read.version}`}`);
    }
  }
  return { hours, leftOut };
}

const hourOf = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 13);
