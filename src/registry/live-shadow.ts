import { TripcastError } from '#errors.ts';
import type { RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import { type LiveModelDeps, loadProven } from './live-model.ts';
import type { LoadedModel } from './model-source.ts';
import { noRun, type Registry } from './registry.ts';
import { type SeenShadow, type ShadowSlot, shadowState } from './shadow.ts';

export interface LiveShadowDeps extends Pick<LiveModelDeps, 'taxiType' | 'loadScorer' | 'refreshSeconds' | 'clock'> {
  readonly slot: Pick<ShadowSlot, 'read' | 'readIfChanged'>;
  readonly registry: Pick<Registry, 'readModel'>;
}

/** What scores next to the champion now. */
export type ShadowNow =
  | { readonly kind: 'none' }
  | { readonly kind: 'ready'; readonly model: LoadedModel }
  /** The slot could not be read, or its run could not be loaded. */
  | { readonly kind: 'broken'; readonly runId: RunId | undefined; readonly error: unknown };

interface Broken {
  readonly etag: string;
  readonly error: unknown;
  readonly tryAgainAt: number;
}

/** A shadow that cannot be loaded is tried again this often: loading takes time, and the failure rarely goes away by itself. */
const PAUSE_MILLISECONDS = 600_000;

/**
 * Follows the shadow of a taxi type, as LiveModel follows its champion. It never throws: whatever is wrong with a shadow
 * is a value, because nothing may come of it but a count.
 * @example
 * const shadow = await live.current(championRun); // after the champion's answers are out
 * if (shadow.kind === 'ready') await shadow.model.scorer.score(rides);
 */
export class LiveShadow {
  readonly #deps: LiveShadowDeps;
  #seen: SeenShadow | undefined;
  #model: LoadedModel | undefined;
  #broken: Broken | undefined;
  #askAgainAt = 0;
  /** One call at a time: one that its caller no longer waits for may still be loading. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: LiveShadowDeps) {
    this.#deps = deps;
  }

  /** @param champion the run whose answers were published */
  current(champion: RunId): Promise<ShadowNow> {
    const next = this.#last.then(() => this.#current(champion));
    this.#last = next;
    return next;
  }

  /** Whether a shadow was running when the slot was last read. */
  isRunning(champion: RunId): boolean {
    const shadow = this.#seen?.shadow;
    return shadow !== undefined && shadowState(shadow, champion, this.#deps.clock.now()).state === 'running';
  }

  async #current(champion: RunId): Promise<ShadowNow> {
    try {
      await this.#refresh();
      const seen = this.#seen;
      if (seen === undefined || !this.isRunning(champion)) {
        await this.#drop();
        return { kind: 'none' };
      }
      if (this.#model?.runId !== seen.shadow.run_id) {
        await this.#drop();
        this.#model = await this.#loadUnlessBroken(seen);
      }
      return { kind: 'ready', model: this.#model };
    } catch (error) {
      return { kind: 'broken', runId: this.#seen?.shadow.run_id, error };
    }
  }

  async #refresh(): Promise<void> {
    const { clock, refreshSeconds, slot } = this.#deps;
    if (clock.now() < this.#askAgainAt) return;
    this.#askAgainAt = clock.now() + refreshSeconds * 1000; // a failure, too, waits that long
    const found = this.#seen === undefined ? await slot.read() : await slot.readIfChanged(this.#seen.etag);
    if (found !== 'unchanged') this.#seen = found;
  }

  async #loadUnlessBroken(seen: SeenShadow): Promise<LoadedModel> {
    const { clock } = this.#deps;
    const broken = this.#broken?.etag === seen.etag ? this.#broken : undefined;
    if (broken !== undefined && clock.now() < broken.tryAgainAt) throw broken.error;
    try {
      return await this.#load(seen);
    } catch (error) {
      this.#broken = { etag: seen.etag, error, tryAgainAt: clock.now() + PAUSE_MILLISECONDS };
      throw error;
    }
  }

  async #load({ shadow }: SeenShadow): Promise<LoadedModel> {
    const { registry, loadScorer, taxiType } = this.#deps;
    const files = await registry.readModel(shadow.run_id);
    if (files === undefined) throw noRun(shadow.run_id);
    if (sha256(files.model) !== shadow.sha256) {
      throw new TripcastError(
        `The model of the shadow ${shadow.run_id} is not the one that it was started with`,
        'Stop it with `tripcast models shadow --stop`.',
      );
    }
    return loadProven(shadow.run_id, files, loadScorer, taxiType);
  }

  async #drop(): Promise<void> {
    const unused = this.#model;
    this.#model = undefined;
    await unused?.scorer.close();
  }
}
