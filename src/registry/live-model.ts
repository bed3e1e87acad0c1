import type { Clock } from '#clock.ts';
import { shown, TripcastError } from '#errors.ts';
import { type GoldenRides, goldenSchema } from '#model/golden/golden.ts';
import { goldenProof, refuseOtherAnswers } from '#model/golden/golden-refusal.ts';
import type { LoadScorer, Scorer } from '#model/scorer.ts';
import { type ModelFile, parseS3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { isRunId, type RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { SeenAlias } from './alias.ts';
import { type LoadedModel, type ModelSource, NoChampionError } from './model-source.ts';
import { noRun, type Registry } from './registry.ts';
import { refuseOtherType } from './taxi-type-check.ts';

export interface LiveModelDeps {
  readonly registry: Pick<Registry, 'champion' | 'championIfChanged' | 'readModel'>;
  /** The type whose champion is served; a model of the other type is refused. */
  readonly taxiType: TaxiType;
  readonly loadScorer: LoadScorer;
  /** The alias is read at most this often. */
  readonly refreshSeconds: number;
  readonly clock: Clock;
  /** A new champion could not be loaded, or the alias could not be read; the previous model keeps serving. */
  readonly onRefreshFailed: (error: unknown) => void;
}

interface LiveVersion {
  readonly model: LoadedModel;
  readonly etag: string;
}

/** A champion that could not be loaded. It is not fetched again until the alias moves or a growing delay has passed. */
interface BrokenChampion {
  readonly seen: SeenAlias;
  readonly error: unknown;
  readonly pauseSeconds: number;
  readonly tryAgainAt: number;
}

const LONGEST_PAUSE_SECONDS = 3600;

/**
 * Follows the champion of a taxi type: a new one is loaded alongside the old one, verified, then swapped in.
 * @example
 * const live = new LiveModel({ registry, taxiType, loadScorer, refreshSeconds: 60, now: Date.now, onRefreshFailed });
 * const { runId, scorer } = await live.current(); // before each batch: this is also what refreshes it
 */
export class LiveModel implements ModelSource {
  readonly #deps: LiveModelDeps;
  readonly #loadFirst: () => Promise<LiveVersion>;
  #live: LiveVersion | undefined;
  #broken: BrokenChampion | undefined;
  /** The previous version: closed one swap later, when no call that started with it can still be scoring. */
  #retired: LoadedModel | undefined;
  #askAgainAt = 0;

  constructor(deps: LiveModelDeps) {
    this.#deps = deps;
    this.#loadFirst = onceAtATime(() => this.#loadChampion());
  }

  async current(): Promise<LoadedModel> {
    const live = this.#live ?? (await this.#loadFirst());
    if (this.#deps.clock.now() >= this.#askAgainAt) await this.#refresh(live);
    return (this.#live ?? live).model;
  }

  async #loadChampion(): Promise<LiveVersion> {
    const seen = await this.#deps.registry.champion(this.#deps.taxiType);
    if (seen === undefined) throw new NoChampionError(this.#deps.taxiType);
    this.#live = await this.#load(seen);
    this.#askLater();
    return this.#live;
  }

  async #refresh(live: LiveVersion): Promise<void> {
    const { registry, taxiType, onRefreshFailed } = this.#deps;
    this.#askAgainAt = Number.POSITIVE_INFINITY; // callers that arrive in the meantime keep using the current model
    try {
      const known = this.#broken?.seen;
      const answer = await registry.championIfChanged(taxiType, known?.etag ?? live.etag);
      if (answer === undefined) throw new NoChampionError(taxiType);
      const seen = answer === 'unchanged' ? known : answer;
      if (seen !== undefined) await this.#follow(live, seen);
    } catch (error) {
      onRefreshFailed(error);
    } finally {
      this.#askLater();
    }
  }

  #askLater(): void {
    this.#askAgainAt = this.#deps.clock.now() + this.#deps.refreshSeconds * 1000;
  }

  async #follow({ model }: LiveVersion, seen: SeenAlias): Promise<void> {
    if (seen.pointer.run_id === model.runId) {
      this.#live = { model, etag: seen.etag };
    } else {
      this.#live = await this.#loadUnlessBroken(seen);
      const unused = this.#retired;
      this.#retired = model;
      await unused?.scorer.close();
    }
    this.#broken = undefined;
  }

  /** @throws the champion's own error, also while it is not being retried: until then the alias points at no model */
  async #loadUnlessBroken(seen: SeenAlias): Promise<LiveVersion> {
    const { clock, refreshSeconds } = this.#deps;
    const broken = this.#broken?.seen.etag === seen.etag ? this.#broken : undefined;
    if (broken !== undefined && clock.now() < broken.tryAgainAt) throw broken.error;
    try {
      return await this.#load(seen);
    } catch (error) {
      const pauseSeconds = Math.min(
        LONGEST_PAUSE_SECONDS,
        broken === undefined ? refreshSeconds : broken.pauseSeconds * 2,
      );
      this.#broken = { seen, error, pauseSeconds, tryAgainAt: clock.now() + pauseSeconds * 1000 };
      throw error;
    }
  }

  async #load({ pointer, etag }: SeenAlias): Promise<LiveVersion> {
    const { registry, loadScorer, taxiType } = this.#deps;
    const files = await registry.readModel(pointer.run_id);
    if (files === undefined) throw incomplete(pointer.uri);
    const found = sha256(files.model);
    if (found !== pointer.sha256) {
      throw new TripcastError(
        `${pointer.uri} has sha256 ${found}, but the alias that points at it says ${pointer.sha256}`,
        'The file was changed or truncated after it was promoted: promote another run.',
      );
    }
    return { model: await loadProven(pointer.run_id, files, loadScorer, taxiType), etag };
  }
}

export interface PinnedRunDeps extends Pick<LiveModelDeps, 'taxiType' | 'loadScorer'> {
  readonly registry: Pick<Registry, 'readModel'>;
  readonly runId: RunId;
}

/**
 * RUN_ID: one run, whatever the alias says. Its `current` throws a TripcastError when there is no such completed run, it
 * is for the other taxi type, or it does not reproduce its golden rides.
 */
export function pinnedRun({ registry, runId, loadScorer, taxiType }: PinnedRunDeps): ModelSource {
  return loadedOnce(async () => {
    const files = await registry.readModel(runId);
    if (files === undefined) throw noRun(runId);
    return loadProven(runId, files, loadScorer, taxiType);
  });
}

export interface ModelLocationDeps extends Pick<LiveModelDeps, 'taxiType' | 'loadScorer'> {
  /** s3:// address of a model.onnx or of its folder; golden.json must be next to it. */
  readonly location: string;
  /** The model's name; if omitted, the location must name a run. */
  readonly runId?: RunId;
  readonly storeOf: (bucket: string) => Pick<ObjectStore, 'get' | 'bucket'>;
}

/**
 * MODEL_LOCATION: a model stored anywhere. Its `current` throws a TripcastError when model.onnx or golden.json is missing,
 * it is for the other taxi type, or it does not reproduce its golden rides.
 * @throws TripcastError when the location is not the s3:// address of a model, or names no run and none is given
 */
export function modelAt({
  location,
  runId = runIn(location),
  storeOf,
  loadScorer,
  taxiType,
}: ModelLocationDeps): ModelSource {
  const folder = location.replace(/(\/|\/model\.onnx)?$/, '/');
  const address = parseS3Uri(folder);
  if (address === undefined || runId === undefined) {
    throw new TripcastError(
      `MODEL_LOCATION ${shown(location)} is not the s3:// address of a run's model`,
      'Give s3://BUCKET/.../RUN_ID/artifacts/model/model.onnx, or set RUN_ID as well.',
    );
  }
  return loadedOnce(async () => {
    const store = storeOf(address.bucket);
    const file = async (name: ModelFile) => (await store.get(`${address.key}${name}`))?.body;
    const [model, golden] = await Promise.all([file('model.onnx'), file('golden.json')]);
    if (model === undefined || golden === undefined) throw incomplete(location);
    const rides = goldenSchema.parse(JSON.parse(new TextDecoder().decode(golden)));
    return loadProven(runId, { model, golden: rides }, loadScorer, taxiType);
  });
}

const runIn = (location: string): RunId | undefined => location.split('/').findLast((part) => isRunId(part));

/** Loads a graph and checks it against the rides it was registered with. */
export async function loadProven(
  runId: RunId,
  { model, golden }: { readonly model: Uint8Array; readonly golden: GoldenRides },
  loadScorer: LoadScorer,
  taxiType: TaxiType,
): Promise<LoadedModel> {
  const prove = goldenProof(golden);
  let proven: Scorer | undefined; // by the loader: asking again would take a cold start 5 ms
  const scorer = await loadScorer(model, async (candidate) => {
    const refusal = await prove(candidate);
    if (refusal === undefined) proven = candidate;
    return refusal;
  });
  try {
    refuseOtherType(`Run ${runId}`, scorer, taxiType, `Promote or pin a run of ${taxiType} taxis.`);
    if (scorer !== proven) await refuseOtherAnswers(`Run ${runId}`, scorer, golden, 'promote another run.');
    return { runId, scorer, golden };
  } catch (error) {
    await scorer.close();
    throw error;
  }
}

const incomplete = (location: string) =>
  new TripcastError(
    `There is no complete model at ${location}`,
    'It needs both model.onnx and golden.json: train the run again.',
  );

/** Loads on the first call. If a load fails, the next call retries it. */
function loadedOnce(load: () => Promise<LoadedModel>): ModelSource {
  const first = onceAtATime(load);
  let model: LoadedModel | undefined;
  return { current: async () => (model ??= await first()) };
}

/** Callers that arrive while a call is in flight share its result. */
function onceAtATime<T>(call: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => (underWay ??= call().finally(() => (underWay = undefined)));
}
