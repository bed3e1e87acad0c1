import { TripcastError } from '#errors.ts';
import { type ModelCard, modelCardSchema } from '#model/card/card.ts';
import { type GoldenRides, goldenSchema } from '#model/golden/golden.ts';
import { type ModelFile, modelKeys, runOfCard, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { parseRunId, type RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { Alias, type AliasPointer, type Move, type MoveOutcome, type SeenAlias } from './alias.ts';
import { parseObject } from './json-object.ts';
import { CARD, type RunFile, RunFolder, VERDICT } from './run-folder.ts';
import { ShadowSlot } from './shadow.ts';
import { judgedOver, type Verdict, verdictSchema } from './verdict.ts';

/** What an environment calls its experiment and its registered models; `model` in the config. */
export interface RegistryNames {
  readonly experiment: string;
  readonly registeredModels: Readonly<Record<TaxiType, string>>;
}

/** Everything that a training run produces. */
export interface RunFiles {
  readonly card: ModelCard;
  readonly model: Uint8Array;
  readonly golden: GoldenRides;
  /** The recipe's own model and anything else that belongs to the run. */
  readonly more: readonly RunFile[];
}

/** A run as the files of its folder. */
export const filesOf = ({ card, model, golden, more }: RunFiles): readonly RunFile[] => [
  { name: 'model.onnx', body: model },
  { name: 'golden.json', body: JSON.stringify(golden) },
  ...more,
  { name: CARD, body: `${JSON.stringify(card, null, 2)}\n` },
];

/**
 * Runs and champions, stored in the model bucket: immutable run folders and one champion pointer per taxi type.
 * @example
 * const registry = new Registry(new S3Store('rll-models-dev'), loadConfig('dev').model);
 * const champion = await registry.champion('green');
 * if (champion !== undefined) console.log((await registry.card(champion.pointer.run_id))?.validation.rmse);
 */
export class Registry {
  readonly #store: ObjectStore;
  readonly #names: RegistryNames;

  constructor(store: ObjectStore, names: RegistryNames) {
    this.#store = store;
    this.#names = names;
  }

  /** The s3:// address of a run's file. */
  uri(run: RunId, file: ModelFile): string {
    return this.folder(run).uri(file);
  }

  folder(run: RunId): RunFolder {
    return new RunFolder(this.#store, modelKeys.folder(this.#names.experiment, run));
  }

  /** Where a trained run waits for the gate: complete once it has its card, but not yet in the registry. */
  staged(run: RunId): RunFolder {
    return new RunFolder(this.#store, modelKeys.staging(run));
  }

  /** Writes a run's folder. The card comes last: a run without one is incomplete, and nothing promotes or loads it. */
  async register(files: RunFiles): Promise<void> {
    await this.folder(files.card.run_id).complete(filesOf(files));
  }

  /** @throws TripcastError naming the object if it is not a card */
  async card(run: RunId): Promise<ModelCard | undefined> {
    return readCard(this.folder(run));
  }

  /** The cards of all completed runs, newest first. */
  async runs(): Promise<readonly ModelCard[]> {
    const found: RunId[] = [];
    for await (const { key } of this.#store.list(modelKeys.runs(this.#names.experiment))) {
      const run = runOfCard(this.#names.experiment, key);
      if (run !== undefined) found.push(parseRunId(run));
    }
    const cards = await Promise.all(found.map((run) => this.card(run)));
    return cards
      .filter((card) => card !== undefined)
      .sort((a, b) => b.created_at.localeCompare(a.created_at) || a.run_id.localeCompare(b.run_id));
  }

  /**
   * A run's card, graph and golden rides.
   * @returns undefined when the run is unknown or was never completed
   * @throws TripcastError when the graph is not the one that the card describes
   */
  readModel(run: RunId): Promise<ModelFiles | undefined> {
    return readModel(this.folder(run));
  }

  /** The gate's verdict on a run when it was trained; undefined if this registry's gate did not judge it. */
  async verdict(run: RunId): Promise<Verdict | undefined> {
    const body = await this.folder(run).read(VERDICT);
    return body && parseVerdict(body, this.folder(run).uri(VERDICT));
  }

  /** The gate's latest verdict on a run against the champion with that sequence number, 0 for none. */
  async verdictOver(run: RunId, sequence: number): Promise<Verdict | undefined> {
    const again = await this.#store.get(modelKeys.verdict(this.#names.experiment, run, sequence));
    if (again !== undefined) return parseVerdict(again.body, s3Uri(this.#store.bucket, again.key));
    const first = await this.verdict(run);
    return first && judgedOver(first) === sequence ? first : undefined;
  }

  /**
   * The gate's verdict on a run, and whether it counts: only one against the current champion does, or the champion's
   * own.
   */
  async standing(
    run: RunId,
    champion: AliasPointer | undefined,
  ): Promise<{ readonly verdict: Verdict; readonly counts: boolean } | undefined> {
    const sequence = champion?.sequence ?? 0;
    const isChampion = champion?.run_id === run;
    const now = await this.verdictOver(run, isChampion ? sequence - 1 : sequence);
    if (now !== undefined) return { verdict: now, counts: true };
    const first = await this.verdict(run);
    return first && { verdict: first, counts: isChampion };
  }

  /** Stores a later verdict of the gate next to the run's folder, which itself never changes. */
  async keepVerdict(run: RunId, verdict: Verdict): Promise<void> {
    const key = modelKeys.verdict(this.#names.experiment, run, judgedOver(verdict));
    await this.#store.put(key, verdictLine(verdict), { contentType: 'application/json' });
  }

  champion(taxiType: TaxiType): Promise<SeenAlias | undefined> {
    return this.#champion(taxiType).read();
  }

  championIfChanged(taxiType: TaxiType, etag: string): Promise<SeenAlias | 'unchanged' | undefined> {
    return this.#champion(taxiType).readIfChanged(etag);
  }

  /** All champions so far, oldest first. */
  history(taxiType: TaxiType): Promise<readonly AliasPointer[]> {
    return this.#champion(taxiType).history();
  }

  /**
   * Makes a completed run the champion of its own taxi type.
   * @throws TripcastError when the run is not in the registry
   */
  async promote(
    run: RunId,
    by: string,
    at: Date,
    conditions: Pick<Move, 'over' | 'isRollback' | 'best' | 'overruled'> = {},
  ): Promise<MoveOutcome> {
    const card = await this.card(run);
    if (card === undefined) throw noRun(run);
    return this.#champion(card.taxi_type).move({
      run_id: run,
      uri: this.uri(run, 'model.onnx'),
      sha256: card.model.sha256,
      promoted_at: at.toISOString(),
      promoted_by: by,
      ...conditions,
    });
  }

  /** Which run scores the stream next to the champion. */
  shadow(taxiType: TaxiType): ShadowSlot {
    return new ShadowSlot(this.#store, modelKeys.alias(this.#names.registeredModels[taxiType], 'shadow'));
  }

  #champion(taxiType: TaxiType): Alias {
    return new Alias(this.#store, this.#names.registeredModels[taxiType], 'champion');
  }
}

const parseVerdict = (body: Uint8Array, uri: string): Verdict =>
  parseObject(
    verdictSchema,
    body,
    `${uri} is not a verdict of the gate`,
    'Ask the gate again: `tripcast models promote RUN --gate`.',
  );

/** The text of gate.json. */
export const verdictLine = (verdict: Verdict) => `${JSON.stringify(verdict, null, 2)}\n`;

/** A complete run, as far as scoring needs it. */
export interface ModelFiles {
  readonly card: ModelCard;
  readonly model: Uint8Array;
  readonly golden: GoldenRides;
}

/**
 * The card of a folder, staged or registered; undefined if it has none, so that it is not complete.
 * @throws TripcastError naming the object if it is not a card
 */
export async function readCard(folder: RunFolder): Promise<ModelCard | undefined> {
  const body = await folder.read(CARD);
  if (body === undefined) return undefined;
  return parseObject(modelCardSchema, body, `${folder.uri(CARD)} is not a model card`, 'Train the run again.');
}

/**
 * The card, graph and golden rides of a folder, staged or registered; undefined if it is not complete.
 * @throws TripcastError when the graph is not the one that the card describes, or a file cannot be read
 */
export async function readModel(folder: RunFolder): Promise<ModelFiles | undefined> {
  const [card, model, golden] = await Promise.all([
    readCard(folder),
    folder.read('model.onnx'),
    folder.read('golden.json'),
  ]);
  if (card === undefined || model === undefined || golden === undefined) return undefined;
  const found = sha256(model);
  if (found !== card.model.sha256) {
    throw new TripcastError(
      `${folder.uri('model.onnx')} has sha256 ${found}, but its card says ${card.model.sha256}`,
      'The file was changed or truncated after it was registered: train again, or promote another run.',
    );
  }
  const what = `${folder.uri('golden.json')} has no golden rides`;
  return { card, model, golden: parseObject(goldenSchema, golden, what, 'Train the run again.') };
}

/** For a run that the registry does not have, or that was never completed. */
export const noRun = (run: string) =>
  new TripcastError(
    `There is no completed run ${run}`,
    'See `tripcast models list`, or make one with `tripcast train`.',
  );
