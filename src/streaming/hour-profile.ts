import { z } from 'zod';
import {
  PROFILE_VERSION,
  profileField,
  profileJson,
  type ReadDocument,
  readDocument,
} from '#model/profile/profile-json.ts';
import type { RideProfile } from '#model/profile/ride-profile.ts';
import { type RunId, runIdSchema } from '#storage/run-id.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';

/** The rides that one instance of the stream function scored with one run in one hour, as an object in `profiles/`. */
export interface HourProfile {
  readonly taxiType: TaxiType;
  /** In UTC, `2026-11-21T12`: when the function scored the rides, whatever time they say they began at. */
  readonly hour: string;
  readonly runId: RunId;
  readonly profile: RideProfile;
}

export function hourText({ taxiType, hour, runId, profile }: HourProfile): string {
  const head = { schema_version: PROFILE_VERSION, taxi_type: taxiType, hour, run_id: runId };
  return `${JSON.stringify({ ...head, profile: profileJson(profile) })}\n`;
}

const documentSchema = z
  .strictObject({
    schema_version: z.literal(PROFILE_VERSION),
    taxi_type: taxiTypeSchema,
    hour: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d$/, 'a UTC hour, for example 2026-11-21T12'),
    run_id: runIdSchema,
    profile: profileField,
  })
  .transform(({ taxi_type, hour, run_id, profile }): HourProfile => {
    return { taxiType: taxi_type, hour, runId: run_id, profile };
  });

export const readHourProfile = (body: Uint8Array): ReadDocument<HourProfile> => readDocument(documentSchema, body);
