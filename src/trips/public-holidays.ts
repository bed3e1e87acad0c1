import { US_PUBLIC_HOLIDAYS } from './gen/us-public-holidays.ts';
import { DAY_SECONDS } from './new-york-time.ts';

/** The public holidays of the United States, and the days on which they are observed, as days since 1970-01-01. */
export const PUBLIC_HOLIDAYS: ReadonlySet<number> = new Set(
  US_PUBLIC_HOLIDAYS.map((day) => Date.parse(day) / 1000 / DAY_SECONDS),
);
