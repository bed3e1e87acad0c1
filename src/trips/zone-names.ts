import { ZONES } from './ride-limits.ts';
import { zoneOf } from './zones.ts';

/** A zone by its name, or the names that come closest. */
export type FoundZone = { readonly id: number } | { readonly closest: readonly NamedZone[] };

export interface NamedZone {
  readonly id: number;
  readonly name: string;
}

const MOST_HINTS = 5;

const ALL: readonly NamedZone[] = Array.from({ length: ZONES.last - ZONES.first + 1 }, (_, i) => ({
  id: ZONES.first + i,
  name: zoneOf(ZONES.first + i).name,
}));

/**
 * The zone that a person names; case and spaces around it do not matter. Of zones with the same name (Corona is 56 and
 * 57) it is the first, as on TLC's own map.
 * @example
 * findZone('jfk airport'); // { id: 132 }
 * findZone('JFK'); // { closest: [{ id: 132, name: 'JFK Airport' }] }
 */
export function findZone(text: string): FoundZone {
  const wanted = text.trim().toLowerCase();
  const exact = ALL.find(({ name }) => name.toLowerCase() === wanted);
  if (exact !== undefined) return { id: exact.id };
  return { closest: closestTo(wanted).slice(0, MOST_HINTS) };
}

/** Zones that share most words with it, those that begin like it first; without a shared word, those spelled like it. */
function closestTo(wanted: string): readonly NamedZone[] {
  const words = wanted.split(/[^\p{L}\d']+/u).filter((word) => word.length > 2);
  const [first = wanted] = words;
  const rated = ALL.map((zone) => {
    const name = zone.name.toLowerCase();
    const shared = words.filter((word) => name.includes(word)).length;
    return { zone, shared, begins: name.startsWith(first) ? 0 : 1, distance: editDistance(wanted, name) };
  });
  const most = Math.max(...rated.map(({ shared }) => shared));
  return rated
    .filter(({ zone, shared, distance }) => (most > 0 ? shared === most : distance <= zone.name.length / 2))
    .sort((a, b) => a.begins - b.begins || a.distance - b.distance)
    .map(({ zone }) => zone);
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
