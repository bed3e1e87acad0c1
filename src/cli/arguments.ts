import { InvalidArgumentError } from 'commander';
import { parseWebAddress } from '#adapters/web-address.ts';
import { shown, TripcastError } from '#errors.ts';
import { isRunId } from '#storage/run-id.ts';
import { parsePickupTime } from '#trips/new-york-time.ts';
import { DISTANCE_LIMIT, DISTANCE_LIMIT_TEXT, ZONES } from '#trips/ride-limits.ts';
import { findZone } from '#trips/zone-names.ts';

/** Parsers for the command line's values. Each throws a TripcastError that names the value and says what is allowed. */
export type Parser<T> = (text: string) => T;

/** A parser whose errors count as wrong usage; commander adds which option it was. */
export const argument =
  <T>(parse: Parser<T>): Parser<T> =>
  (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof TripcastError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };

const wholeNumber = (text: string, what: string, allows: (n: number) => boolean, fix: string): number => {
  if (/^\d{1,9}$/.test(text) && allows(Number(text))) return Number(text);
  throw new TripcastError(`${shown(text)} is not a whole number${what}`, fix);
};

export const count: Parser<number> = (text) =>
  wholeNumber(text, ', 1 or more', (n) => n >= 1, 'Write it in digits, for example 100.');

export const between =
  (least: number, most: number): Parser<number> =>
  (text) =>
    wholeNumber(
      text,
      ` from ${least} to ${most}`,
      (n) => n >= least && n <= most,
      'Give one in that range, in digits.',
    );

const zoneNumber = between(ZONES.first, ZONES.last);

/** A zone by its number or its name. */
export function zone(text: string): number {
  if (/^[-+]?[\d.]*$/.test(text)) return zoneNumber(text);
  const found = findZone(text);
  if ('id' in found) return found.id;
  const hints = found.closest.map(({ id, name }) => `${name} (${id})`);
  throw new TripcastError(
    `${shown(text)} is not a zone`,
    hints.length === 0
      ? `Give its number, ${ZONES.first} to ${ZONES.last}, or its name as in data/zones/taxi_zone_lookup.csv.`
      : `The closest are ${hints.join(', ')}.`,
  );
}

/** 0 = any free port. */
export const port = between(0, 65_535);

export function miles(text: string): number {
  const distance = Number(text);
  if (/^(\d+\.?\d*|\.\d+)$/.test(text) && distance < DISTANCE_LIMIT) return distance;
  throw new TripcastError(
    `${shown(text)} is not a distance in miles`,
    `Give a number from 0 to below ${DISTANCE_LIMIT_TEXT}, for example 3.66.`,
  );
}

/** As the API reads it; it is sent as typed. */
export function pickupTime(text: string): string {
  if (parsePickupTime(text) !== undefined) return text;
  throw new TripcastError(
    `${shown(text)} is not a time`,
    'Write it as 2023-04-03T08:30, which is New York time, or with an offset (2023-04-03T12:30:00Z).',
  );
}

/** A run as a person names it: by its id, by MLflow's id, or as `champion`. */
export function runName(text: string): string {
  if (text === 'champion' || isRunId(text)) return text;
  throw new TripcastError(
    `${shown(text)} is not a run`,
    'Give its id (32 hexadecimal digits; `tripcast models list` shows it) or `champion`.',
  );
}

/** The ARN of a Step Functions execution. */
export function executionArn(text: string): string {
  if (/^arn:aws[\w-]*:states:[\w-]+:\d+:execution:[^:\s]+:[^:\s]+$/.test(text)) return text;
  throw new TripcastError(
    `${shown(text)} is not the ARN of an execution`,
    'Give the one that `tripcast backfill` printed: arn:aws:states:REGION:ACCOUNT:execution:NAME:ID.',
  );
}

/** An address that is shown, stored and passed on as it is. */
export function plainAddress(text: string): string {
  const { url } = parseWebAddress(text);
  if (url === text) return text;
  throw new TripcastError(`${shown(text)} was given with a name and password`, 'Leave them out.');
}

/** Names separated by commas. */
export const names: Parser<readonly string[]> = (text) => text.split(',').map((name) => name.trim());
