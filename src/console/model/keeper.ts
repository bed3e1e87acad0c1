/** Keeps a predictor of the champion: in this page where it can, through the API where it cannot. */
import { type Api, ApiError } from '../api.ts';
import type { Predictor } from '../predictor.ts';
import { TYPICAL_RIDES } from '../ride/gen/typical-rides.ts';
import { ApiPredictor } from './api-predictor.ts';
import type { Started } from './page-predictor.ts';

/** What the page knows of the model. */
export type Model =
  | { readonly state: 'loading'; readonly predictor: Predictor }
  | { readonly state: 'page'; readonly predictor: Predictor }
  /** `reason`: why not in this page, as the end of a sentence. */
  | { readonly state: 'api'; readonly predictor: Predictor; readonly reason: string };

export interface KeeperDeps {
  readonly api: Api;
  /** Starts a worker with the model in it. */
  readonly start: (model: Uint8Array, run: string, onDeath: (reason: string) => void) => Promise<Started>;
  readonly onChange: (model: Model) => void;
}

/**
 * @example
 * const keeper = new ModelKeeper({ api, start, onChange: setModel });
 * await keeper.refresh(); // now, and again now and then: it follows the champion
 */
export class ModelKeeper {
  readonly #deps: KeeperDeps;
  #model: Model;
  #isBusy = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#model = { state: 'loading', predictor: new ApiPredictor(deps.api, undefined) };
  }

  get model(): Model {
    return this.#model;
  }

  /** Asks which model is served, and takes it over if it is another one. */
  async refresh(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const run = await this.#servedRun();
      if (run !== undefined && (this.#model.predictor.run !== run || this.#model.state === 'loading')) {
        await this.#take(run);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  /** @returns undefined while the server cannot say: the model that is here keeps answering */
  async #servedRun(): Promise<string | undefined> {
    try {
      const { model_version } = (await this.#deps.api.get('health')) as { readonly model_version?: string };
      return model_version;
    } catch (error) {
      if (this.#model.state === 'loading') this.#byApi(undefined, reasonOf(error));
      return undefined;
    }
  }

  async #take(run: string): Promise<void> {
    const { api, start } = this.#deps;
    // Until the new model is here, the API answers: two models never answer in turns.
    if (this.#model.predictor.run !== run) this.#set({ state: 'loading', predictor: new ApiPredictor(api, run) });
    try {
      const model = await api.getBytes(`models/${encodeURIComponent(run)}/model.onnx`);
      const started = await start(model, run, (reason) => this.#byApi(run, reason));
      if (started.outcome === 'refused') return this.#byApi(run, started.reason);
      const difference = await differenceFrom(new ApiPredictor(api, run), started.predictor);
      if (difference === undefined) return this.#set({ state: 'page', predictor: started.predictor });
      started.predictor.close();
      this.#byApi(run, difference);
    } catch (error) {
      this.#byApi(run, reasonOf(error));
    }
  }

  #byApi(run: string | undefined, reason: string): void {
    this.#set({ state: 'api', predictor: new ApiPredictor(this.#deps.api, run), reason });
  }

  #set(model: Model): void {
    const before = this.#model.predictor;
    this.#model = model;
    this.#deps.onChange(model);
    before.close();
  }
}

/** Every number has to be the API's, to the last bit; a model that was replaced in between differs, too. */
async function differenceFrom(api: Predictor, page: Predictor): Promise<string | undefined> {
  const rides = [...TYPICAL_RIDES, ...TYPICAL_RIDES.map((ride) => ({ ...ride, distance: undefined }))];
  const [expected, found] = await Promise.all([api.score(rides), page.score(rides)]);
  const differ = rides.filter((_, i) =>
    (['duration', 'low', 'high'] as const).some(
      (part) => Math.fround(expected[part][i] ?? Number.NaN) !== found[part][i],
    ),
  ).length;
  return differ === 0 ? undefined : `it answers ${differ} of ${rides.length} rides differently here`;
}

const reasonOf = (error: unknown) =>
  error instanceof ApiError && error.status === 404
    ? 'this server does not hand out the model file'
    : error instanceof Error
      ? error.message
      : String(error);
