/** Why the engine doesn't run a graph. Thrown inside this room only: its entry point returns it as a value. */
export class Refusal extends Error {}

/** What reads as one of `known`, or a refusal that names it. */
export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Refusal(what);
  return value;
}
