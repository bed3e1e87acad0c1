import type { Clock } from '#clock.ts';
import { RideProfile, type ScoredRides } from '#model/profile/ride-profile.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { hourText } from './hour-profile.ts';

export interface KeepProfilesDeps {
  /** The data bucket. */
  readonly store: Pick<ObjectStore, 'put'>;
  readonly taxiType: TaxiType;
  /** This instance of the function; no other may have the same. */
  readonly instance: string;
  /** At most so often are profiles stored; 0 = after every batch. */
  readonly everySeconds: number;
  readonly clock: Clock;
}

interface OpenHour {
  readonly hour: string;
  readonly runId: RunId;
  readonly profile: RideProfile;
  stored: number;
}

/** However long the bucket is down, the memory of a function is limited. */
const MOST_OPEN = 24;
/** A profile is not worth more of a batch's time. */
const LONGEST_PUT_MS = 3_000;

/**
 * Profiles the rides that a function scores, hour by hour, in an object for each hour, run and instance. The object is
 * overwritten with all the rides so far, so storing it twice counts nothing twice, and a put that failed is made up for
 * by the next. What an instance has not stored when it ends is lost: at most `everySeconds` of its rides.
 */
export class KeepProfiles {
  readonly #deps: KeepProfilesDeps;
  /** By key. */
  readonly #open = new Map<string, OpenHour>();
  #storedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: KeepProfilesDeps) {
    this.#deps = deps;
  }

  /** Counts the first `count` rides. */
  add(runId: RunId, rides: ScoredRides, count: number): void {
    const { profile } = this.#openHour(runId);
    for (let i = 0; i < count; i += 1) profile.add(rides, i);
  }

  /**
   * Stores what has changed, if it is time.
   * @param deadline milliseconds since the epoch
   * @returns why something could not be stored; the rides stay counted, and the next call tries again
   */
  async store(deadline: number): Promise<string | undefined> {
    const { clock, everySeconds } = this.#deps;
    const now = clock.now();
    if (now - this.#storedAt < everySeconds * 1000) return undefined;
    this.#storedAt = now;
    try {
      const puts = [...this.#open].map(([key, hour]) => this.#put(key, hour));
      await within(Math.min(LONGEST_PUT_MS, deadline - now), Promise.all(puts));
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  #openHour(runId: RunId): OpenHour {
    const { clock, taxiType, instance } = this.#deps;
    const at = new Date(clock.now());
    const key = dataKeys.profile(taxiType, at, `${runId}-${instance}`);
    let open = this.#open.get(key);
    if (open === undefined) {
      const hour = at.toISOString().slice(0, 13);
      this.#forget(hour);
      open = { hour, runId, profile: new RideProfile(), stored: 0 };
      this.#open.set(key, open);
    }
    return open;
  }

  /** Earlier hours that are stored in full, and the oldest of too many. */
  #forget(now: string): void {
    for (const [key, { hour, profile, stored }] of this.#open) {
      const isDone = hour !== now && stored === profile.rides;
      if (isDone || this.#open.size >= MOST_OPEN) this.#open.delete(key);
    }
  }

  async #put(key: string, open: OpenHour): Promise<void> {
    const { rides } = open.profile;
    if (rides === open.stored) return;
    const text = hourText({ ...open, taxiType: this.#deps.taxiType });
    await this.#deps.store.put(key, text, { contentType: 'application/json' });
    open.stored = rides;
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(milliseconds)));
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`not stored within ${milliseconds} ms`)));
  });
  return Promise.race([work, late]);
}
