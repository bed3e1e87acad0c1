import type { z } from 'zod';
import { parseObject } from '#registry/json-object.ts';
import { type ModelFiles, readModel } from '#registry/registry.ts';
import { CARD, RunFolder } from '#registry/run-folder.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { parseRunId, type RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';

/** What a piece of work depends on, and nothing else: the same key means the same result. */
export type WorkKey = Readonly<Record<string, unknown>>;

/** The digest of a key; the fields' order counts. */
export const digestOf = (key: WorkKey): string => sha256(new TextEncoder().encode(JSON.stringify(key)));

/** A run that is known by what it is made from. */
export const runIdOf = (key: WorkKey): RunId => parseRunId(digestOf(key).slice(0, 32));

/**
 * Trained models, verdicts and figures under the digests of what they depend on: an interrupted backtest finds what it
 * had finished, and policies share trainings. What no longer fits anything is never read again.
 */
export class KeptWork {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** undefined until the run is complete. */
  async run(id: RunId): Promise<ModelFiles | undefined> {
    return readModel(this.#folder(id));
  }

  /** @returns the run as stored: if another backtest made it at the same time, that one's */
  async keepRun({ card, model, golden }: ModelFiles): Promise<ModelFiles> {
    const other = await this.run(card.run_id);
    if (other !== undefined) return other;
    await this.#folder(card.run_id).complete([
      { name: 'model.onnx', body: model },
      { name: 'golden.json', body: JSON.stringify(golden) },
      { name: CARD, body: JSON.stringify(card) },
    ]);
    return { card, model, golden };
  }

  /** What was made from the key before, or is made now. */
  async json<T>(kind: string, key: WorkKey, schema: z.ZodType<T>, make: () => Promise<T>): Promise<T> {
    const at = `${dataKeys.backtestWork}${kind}/${digestOf(key)}.json`;
    const found = await this.#store.get(at);
    if (found !== undefined) {
      return parseObject(schema, found.body, `${at} is not what a backtest keeps there`, 'Delete it, and run again.');
    }
    const made = schema.parse(await make());
    await this.#store.put(at, JSON.stringify(made), { contentType: 'application/json' });
    return made;
  }

  #folder(id: RunId): RunFolder {
    return new RunFolder(this.#store, `${dataKeys.backtestWork}runs/${id}/`);
  }
}
