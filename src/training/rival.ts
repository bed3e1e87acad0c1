import type { ModelCard } from '#model/card/card.ts';
import { fitRecipe, predictWith } from '#model/recipes/fit.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import type { Engines } from '#model/recipes/recipe.ts';
import { batchOf, type LabelledRides } from '#model/rides/rides.ts';
import { type HoldOut, loadRides } from '#model/rides/training-rides.ts';
import type { LoadScorer, Scorer } from '#model/scorer.ts';
import { loadRun } from '#registry/load-run.ts';
import type { Registry } from '#registry/registry.ts';
import type { SeenChampion } from '#registry/verdict.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { Month } from '#trips/month.ts';

/** The rides that a run is measured on: a month, or those held out from the months it was trained on. */
export interface MeasuredRides {
  readonly months: readonly RawMonth[];
  /** undefined = all rides of the months. */
  readonly heldOut?: HoldOut;
}

/** A champion as an opponent that has not seen the rides used in the comparison. */
export type Rival =
  | { readonly kind: 'not-comparable'; readonly champion: SeenChampion; readonly reason: string }
  | {
      readonly kind: 'ready';
      readonly champion: SeenChampion;
      /** Whether its recipe was refitted without the rides used in the comparison. */
      readonly refitted: boolean;
      /** Minutes `[rides.size]`. */
      predict(rides: LabelledRides): Promise<Float64Array | Float32Array>;
      /** The champion itself, with its intervals; a refitted one has none. */
      readonly scorer?: Scorer;
      close(): Promise<void>;
    };

/** The models that a run is compared with. */
export interface Rivals {
  /** undefined if there is none. */
  readonly champion?: Rival;
  /**
   * The best champion so far, if it is not the current one: each promotion may be slightly worse than the previous
   * champion, and only this comparison keeps those losses from adding up.
   */
  readonly best?: Rival;
}

export interface RivalDeps extends Engines {
  readonly registry: Registry;
  readonly loadScorer: LoadScorer;
  /** Fetches those that exist for the taxi type, as local files. */
  fetch(months: readonly Month[]): Promise<readonly RawMonth[]>;
}

/** @param card describes the run that challenges the champion of its taxi type */
export async function findRivals(card: ModelCard, measured: MeasuredRides, deps: RivalDeps): Promise<Rivals> {
  const seen = await deps.registry.champion(card.taxi_type);
  if (seen === undefined) return {};
  const { run_id, sequence, best } = seen.pointer;
  const champion = await rivalOf({ run_id, sequence }, card, measured, deps);
  if (best === undefined || best.run_id === card.run_id) return { champion };
  return { champion, best: await rivalOf(best, card, measured, deps) };
}

async function rivalOf(
  champion: SeenChampion,
  card: ModelCard,
  measured: MeasuredRides,
  deps: RivalDeps,
): Promise<Rival> {
  if (measured.heldOut === undefined && sharedMonths(card, measured).length > 0) {
    const reason = `the run itself was trained on ${monthsOf(measured.months)}, so these rides say nothing about new ones`;
    return { kind: 'not-comparable', champion, reason };
  }
  const { scorer, card: theirs } = await loadRun(deps.registry, champion.run_id, deps.loadScorer);
  const shared = sharedMonths(theirs, measured);
  if (shared.length === 0) {
    const predict = async (rides: LabelledRides) => (await scorer.score(batchOf(rides))).predicted_duration;
    return { kind: 'ready', champion, refitted: false, predict, scorer, close: () => scorer.close() };
  }
  await scorer.close();
  return refit(champion, theirs, shared, measured, deps);
}

type TrainedMonth = ModelCard['train']['months'][number];

const monthsOf = (months: readonly { readonly month: Month }[]) => months.map(({ month }) => month).join(', ');

/** Training months that contain rides used in the comparison, matched by name, or by content under another name. */
const sharedMonths = ({ train }: ModelCard, { months }: MeasuredRides): readonly TrainedMonth[] =>
  train.months.filter((each) => months.some(({ month, sha256 }) => month === each.month || sha256 === each.sha256));

/** Refits the champion's recipe on all its rides except those used in the comparison. */
async function refit(
  champion: SeenChampion,
  card: ModelCard,
  shared: readonly TrainedMonth[],
  measured: MeasuredRides,
  deps: RivalDeps,
): Promise<Rival> {
  const refused = (reason: string): Rival => ({ kind: 'not-comparable', champion, reason });
  // Rides are held out by month and row, so for a month of the same name the others are known; otherwise none are.
  const partly = (month: Month) =>
    measured.heldOut !== undefined && measured.months.some((each) => each.month === month);
  const kept = card.train.months.filter((each) => !shared.includes(each) || partly(each.month));
  if (kept.length === 0) {
    return refused(`it was trained on ${monthsOf(shared)}, and nothing is left to refit it on without these rides`);
  }
  const sources = await deps.fetch(kept.map(({ month }) => month));
  const changed = kept.filter(
    (each) => !sources.some(({ month, sha256 }) => month === each.month && sha256 === each.sha256),
  );
  if (changed.length > 0) {
    return refused(
      `it was trained on ${monthsOf(shared)}, and the files that it would be refitted on without these rides are no longer in the data bucket: ${monthsOf(changed)}`,
    );
  }
  const tables: string[] = [];
  for (const source of sources) {
    const table = `rival_rides_${tables.length}`;
    await loadRides(
      deps.database,
      table,
      card.taxi_type,
      [source],
      partly(source.month) ? measured.heldOut : undefined,
    );
    tables.push(`SELECT * FROM ${table} WHERE NOT held_out`);
  }
  const fit = await fitRecipe(recipeNamed(card.recipe), deps, `(${tables.join(' UNION ALL ')})`);
  return {
    kind: 'ready',
    champion,
    refitted: true,
    predict: async (rides) => predictWith(fit, rides),
    close: async () => fit[Symbol.dispose](),
  };
}
