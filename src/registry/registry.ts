import { TripcastError } from '../errors.ts';
import { type ModelCard, modelCardSchema } from '../model/card.ts';
import { type GoldenRides, goldenSchema } from '../model/golden.ts';
import { type ModelFile, modelKeys, s3Uri } from '../storage/layout.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { sha256 } from '../storage/sha256.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { Alias, type MoveOutcome, type SeenAlias } from './alias.ts';
import type { RunId } from './run-id.ts';

export interface RegistryNames {
  readonly experiment: string;
  readonly registeredModels: Readonly<Record<TaxiType, string>>;
}

/** All that a training run leaves behind. */
export interface RunFiles {
  readonly card: ModelCard;
  readonly model: Uint8Array;
  readonly golden: GoldenRides;
  /** The native model of a linear recipe. */
  readonly coefficients: unknown;
}

/** Runs and champions, kept in the model bucket: immutable run folders, one champion pointer a taxi type. */
export class Registry {
  readonly #store: ObjectStore;
  readonly #names: RegistryNames;

  constructor(store: ObjectStore, names: RegistryNames) {
    this.#store = store;
    this.#names = names;
  }

  /** The s3:// address of a file of a run. */
  uri(run: RunId, file: ModelFile): string {
    return s3Uri(this.#store.bucket, this.#key(run, file));
  }

  /** Writes a run's folder. The card comes last: a run without one is half-written, and nothing promotes or loads it. */
  async register(files: RunFiles): Promise<void> {
    const run = files.card.run_id;
    await Promise.all([
      this.#write(run, 'model.onnx', files.model, 'application/octet-stream'),
      this.#write(run, 'golden.json', JSON.stringify(files.golden), 'application/json'),
      this.#write(run, 'coefficients.json', JSON.stringify(files.coefficients), 'application/json'),
    ]);
    await this.#write(run, 'card.json', `${JSON.stringify(files.card, null, 2)}\n`, 'application/json');
  }

  async card(run: RunId): Promise<ModelCard | undefined> {
    const found = await this.#store.get(this.#key(run, 'card.json'));
    return found && modelCardSchema.parse(JSON.parse(new TextDecoder().decode(found.body)));
  }

  /**
   * A run's graph and golden rides.
   * @returns undefined when the run is unknown or was never completed
   * @throws TripcastError when the graph is not the one that the card describes
   */
  async readModel(run: RunId): Promise<{ readonly model: Uint8Array; readonly golden: GoldenRides } | undefined> {
    const [card, model, golden] = await Promise.all([
      this.card(run),
      this.#store.get(this.#key(run, 'model.onnx')),
      this.#store.get(this.#key(run, 'golden.json')),
    ]);
    if (card === undefined || model === undefined || golden === undefined) return undefined;
    const found = sha256(model.body);
    if (found !== card.model.sha256) {
      throw new TripcastError(
        `${this.uri(run, 'model.onnx')} has sha256 ${found}, its card says ${card.model.sha256}`,
        'The file was changed or cut short after it was registered: train again, or promote another run.',
      );
    }
    return { model: model.body, golden: goldenSchema.parse(JSON.parse(new TextDecoder().decode(golden.body))) };
  }

  champion(taxiType: TaxiType): Promise<SeenAlias | undefined> {
    return this.#champion(taxiType).read();
  }

  championIfChanged(taxiType: TaxiType, etag: string): Promise<SeenAlias | 'unchanged' | undefined> {
    return this.#champion(taxiType).readIfChanged(etag);
  }

  /**
   * Makes a completed run the champion of its own taxi type.
   * @throws TripcastError when the run is not in the registry
   */
  async promote(run: RunId, by: string, at: Date): Promise<MoveOutcome> {
    const card = await this.card(run);
    if (card === undefined) {
      throw new TripcastError(`There is no completed run ${run}`, '`tripcast train` makes one and prints its id.');
    }
    return this.#champion(card.taxi_type).move({
      run_id: run,
      uri: this.uri(run, 'model.onnx'),
      sha256: card.model.sha256,
      promoted_at: at.toISOString(),
      promoted_by: by,
    });
  }

  #champion(taxiType: TaxiType): Alias {
    return new Alias(this.#store, this.#names.registeredModels[taxiType], 'champion');
  }

  async #write(run: RunId, file: ModelFile, body: Uint8Array | string, contentType: string): Promise<void> {
    const key = this.#key(run, file);
    const written = await this.#store.put(key, body, { contentType, condition: { absent: true } });
    if (written.outcome === 'conflict') {
      throw new TripcastError(`${key} is there already`, 'A run folder is immutable: register under a new run id.');
    }
  }

  #key(run: RunId, file: ModelFile): string {
    return modelKeys.file(this.#names.experiment, run, file);
  }
}
