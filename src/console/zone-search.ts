/** Finding a taxi zone by what a person types: parts of its name, its borough, or its number. */
import { zoneOf } from '#trips/zones.ts';

export interface NamedZone {
  readonly id: number;
  readonly name: string;
  readonly borough: string;
}

/** The zones of the city; 264 and 265 mean "unknown" and "outside", and nobody starts a ride there on purpose. */
export const CITY_ZONES: readonly NamedZone[] = Array.from({ length: 263 }, (_, i) => {
  const { name, borough } = zoneOf(i + 1);
  return { id: i + 1, name, borough: borough === 'EWR' ? 'New Jersey' : borough };
});

const BY_ID = new Map(CITY_ZONES.map((zone) => [zone.id, zone]));
/** TLC gives three of its zones to two others' names; without the number they could not be told apart. */
const TIMES_NAMED = new Map(
  Object.entries(Object.groupBy(CITY_ZONES, ({ name }) => name)).map(([name, all]) => [name, all?.length]),
);

export const cityZone = (id: number): NamedZone | undefined => BY_ID.get(id);

/** The name by which a person chooses the zone; with its number where TLC uses the name more than once. */
export const labelOf = ({ id, name }: NamedZone): string => (TIMES_NAMED.get(name) === 1 ? name : `${name} (${id})`);

/**
 * The zones that match each word typed, best first: names that begin with the text, then names whose words begin with
 * the words, then those that contain them.
 * @example
 * searchZones('times sq')[0]; // { id: 230, name: 'Times Sq/Theatre District', borough: 'Manhattan' }
 */
export function searchZones(text: string, zones: readonly NamedZone[] = CITY_ZONES): readonly NamedZone[] {
  const typed = plain(text);
  if (typed === '') return zones.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  const words = typed.split(' ');
  return zones
    .map((zone) => ({ zone, rank: rankOf(zone, typed, words) }))
    .filter(({ rank }) => rank < NO_MATCH)
    .toSorted((a, b) => a.rank - b.rank || a.zone.name.localeCompare(b.zone.name, 'en'))
    .map(({ zone }) => zone);
}

/** The zone that a text names beyond doubt: its label or number, or the only match. */
export function zoneNamed(text: string): NamedZone | undefined {
  const typed = plain(text);
  const exact = CITY_ZONES.find((zone) => plain(labelOf(zone)) === typed || String(zone.id) === typed);
  if (exact !== undefined || typed === '') return exact;
  const [first, second] = searchZones(text);
  return second === undefined ? first : undefined;
}

const NO_MATCH = 5;

function rankOf({ id, name, borough }: NamedZone, typed: string, words: readonly string[]): number {
  if (String(id) === typed) return 0;
  const [ownName, everything] = [plain(name), `${plain(name)} ${plain(borough)} ${id}`];
  if (ownName.startsWith(typed)) return 1;
  const beginsWord = (text: string, word: string) => text.startsWith(word) || text.includes(` ${word}`);
  if (words.every((word) => beginsWord(ownName, word))) return 2;
  if (words.every((word) => beginsWord(everything, word))) return 3;
  return words.every((word) => everything.includes(word)) ? 4 : NO_MATCH;
}

/** Letters and digits, in lower case, single-spaced: "St. George / New" is "st george new". Apostrophes vanish. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/['’]|\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
