import { TripcastError } from '#errors.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { NoChampionError } from './model-source.ts';
import { proveGoldenRides } from './prove-run.ts';
import { noRun, type Registry } from './registry.ts';
import { type Shadow, shadowState } from './shadow.ts';

export interface StartShadow {
  /** The type that the stream serves. */
  readonly taxiType: TaxiType;
  readonly hours: number;
  readonly by: string;
  readonly at: Date;
  /** Scores the golden rides first. */
  readonly loadScorer: LoadScorer;
}

const HOUR_MILLISECONDS = 3_600_000;

/**
 * Has the stream score with a second run for a while.
 * @throws TripcastError when there is no such run, it is for the other taxis, it is the champion, it does not reproduce
 *         its golden rides, or another shadow is running
 * @example
 * const shadow = await startShadow(registry, run, { taxiType: 'green', hours: 24, by: 'ada', at: new Date(), loadScorer });
 */
export async function startShadow(
  registry: Registry,
  run: RunId,
  { taxiType, hours, by, at, loadScorer }: StartShadow,
): Promise<Shadow> {
  const card = await registry.card(run);
  if (card === undefined) throw noRun(run);
  if (card.taxi_type !== taxiType) {
    throw new TripcastError(
      `Run ${run} is a model of ${card.taxi_type} taxis, but the stream serves ${taxiType} ones`,
      `Give a run of ${taxiType} taxis; \`tripcast models list --taxi-type ${taxiType}\` shows them.`,
    );
  }
  const champion = (await registry.champion(taxiType))?.pointer;
  if (champion === undefined) throw new NoChampionError(taxiType);
  if (champion.run_id === run) {
    throw new TripcastError(
      `Run ${run} is the champion: it would be compared with itself`,
      'Give another run; `tripcast models list` shows them.',
    );
  }
  const slot = registry.shadow(taxiType);
  const seen = await slot.read();
  if (seen !== undefined && shadowState(seen.shadow, champion.run_id, at.getTime()).state === 'running') {
    throw otherShadow(seen.shadow);
  }
  await proveGoldenRides(registry.folder(run), loadScorer);
  const shadow: Shadow = {
    run_id: run,
    sha256: card.model.sha256,
    against: { run_id: champion.run_id, sequence: champion.sequence },
    since: at.toISOString(),
    until: new Date(at.getTime() + hours * HOUR_MILLISECONDS).toISOString(),
    started_by: by,
  };
  if (await slot.write(shadow, seen)) return shadow;
  const now = await slot.read();
  throw now === undefined ? lostShadow() : otherShadow(now.shadow);
}

/**
 * Ends the shadow that is running.
 * @returns it; undefined when none is running
 */
export async function stopShadow(
  registry: Registry,
  { taxiType, by, at }: Pick<StartShadow, 'taxiType' | 'by' | 'at'>,
): Promise<Shadow | undefined> {
  const slot = registry.shadow(taxiType);
  const seen = await slot.read();
  const champion = (await registry.champion(taxiType))?.pointer.run_id;
  if (seen === undefined || shadowState(seen.shadow, champion, at.getTime()).state !== 'running') return undefined;
  const stopped = { ...seen.shadow, stopped: { at: at.toISOString(), by } };
  if (await slot.write(stopped, seen)) return stopped;
  throw lostShadow();
}

const otherShadow = ({ run_id, until, started_by }: Shadow) =>
  new TripcastError(
    `Run ${run_id} is already the shadow, started by ${started_by}, until ${until}`,
    'Stop it with `tripcast models shadow --stop`, or wait.',
  );

const lostShadow = () =>
  new TripcastError('Someone else has just changed the shadow', 'Look at it with `tripcast models shadow`.');
