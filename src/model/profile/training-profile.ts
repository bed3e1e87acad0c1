import { z } from 'zod';
import { DAY_SECONDS } from '#trips/new-york-time.ts';
import { PROFILE_VERSION, profileField, profileJson, type ReadDocument, readDocument } from './profile-json.ts';
import { RideProfile, type ScoredRides, timeAt } from './ride-profile.ts';

/**
 * What the rides that a model was trained on look like, day by day in New York: rides of one day share weather and
 * traffic, so days are what a reader resamples. With the predictions of the model itself.
 */
export class TrainingProfile {
  /** By days since 1970-01-01. */
  readonly #days = new Map<number, RideProfile>();

  add(rides: ScoredRides, size: number): void {
    for (let i = 0; i < size; i += 1) this.#day(Math.floor(timeAt(rides, i) / DAY_SECONDS)).add(rides, i);
  }

  addDay(day: number, profile: RideProfile): void {
    this.#day(day).merge(profile);
  }

  /** In order. */
  get days(): readonly { readonly day: number; readonly profile: RideProfile }[] {
    return [...this.#days].sort(([a], [b]) => a - b).map(([day, profile]) => ({ day, profile }));
  }

  /** profile.json: about 8 KB a day of green rides. The same rides give the same text. */
  text(): string {
    const days = this.days.map(({ day, profile }) => ({ day: dayText(day), ...profileJson(profile) }));
    return `${JSON.stringify({ schema_version: PROFILE_VERSION, days })}\n`;
  }

  #day(day: number): RideProfile {
    let profile = this.#days.get(day);
    if (profile === undefined) {
      profile = new RideProfile();
      this.#days.set(day, profile);
    }
    return profile;
  }
}

const dayText = (day: number) => new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10);

const daySchema = z.looseObject({ day: z.iso.date() }).transform(({ day, ...profile }, context) => {
  const parsed = profileField.safeParse(profile);
  if (parsed.success) return { day: Date.parse(day) / 1000 / DAY_SECONDS, profile: parsed.data };
  context.addIssue(`${day}: ${z.prettifyError(parsed.error)}`);
  return z.NEVER;
});

const documentSchema = z
  .strictObject({ schema_version: z.literal(PROFILE_VERSION), days: z.array(daySchema) })
  .transform(({ days }) => {
    const profile = new TrainingProfile();
    for (const { day, profile: ofDay } of days) profile.addDay(day, ofDay);
    return profile;
  });

/** Reads profile.json. */
export const readTrainingProfile = (body: Uint8Array): ReadDocument<TrainingProfile> =>
  readDocument(documentSchema, body);
