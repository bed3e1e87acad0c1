import { z } from 'zod';
import { s3Uri } from '#storage/layout.ts';
import { ifUnchanged, type ObjectStore } from '#storage/object-store.ts';
import { putOwn } from '#storage/put-own.ts';
import { type RunId, runIdSchema } from '#storage/run-id.ts';
import { sha256Schema } from '#storage/sha256.ts';
import { parseObject } from './json-object.ts';

/** Which run scores the stream next to the champion, and for how long. Only the champion's answers are published. */
export const shadowSchema = z.object({
  run_id: runIdSchema,
  /** Hash of its model.onnx; a file that differs is not loaded. */
  sha256: sha256Schema,
  /** The champion it is compared with: with any other, the comparison is over. */
  against: z.object({ run_id: runIdSchema, sequence: z.int().positive() }),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  started_by: z.string().min(1),
  /** Only if someone ended it before its time. */
  stopped: z.object({ at: z.iso.datetime(), by: z.string().min(1) }).optional(),
});
export type Shadow = Readonly<z.infer<typeof shadowSchema>>;

export interface SeenShadow {
  readonly shadow: Shadow;
  readonly etag: string;
}

/** The one shadow of a taxi type: the current one, or the last. One small object, written conditionally. */
export class ShadowSlot {
  readonly #store: ObjectStore;
  readonly #key: string;

  constructor(store: ObjectStore, key: string) {
    this.#store = store;
    this.#key = key;
  }

  async read(): Promise<SeenShadow | undefined> {
    const found = await this.#store.get(this.#key);
    return found && { shadow: this.#parse(found.body), etag: found.etag };
  }

  async readIfChanged(etag: string): Promise<SeenShadow | 'unchanged' | undefined> {
    const found = await this.#store.getIfChanged(this.#key, etag);
    if (found === undefined || found === 'unchanged') return found;
    return { shadow: this.#parse(found.body), etag: found.etag };
  }

  /** Writes over what was seen, or nothing at all. @returns whether it was written */
  async write(shadow: Shadow, seen: SeenShadow | undefined): Promise<boolean> {
    const { outcome } = await putOwn(this.#store, this.#key, `${JSON.stringify(shadow)}\n`, {
      contentType: 'application/json',
      condition: ifUnchanged(seen?.etag),
    });
    return outcome === 'written';
  }

  #parse(body: Uint8Array): Shadow {
    const what = `${s3Uri(this.#store.bucket, this.#key)} does not describe a shadow`;
    return parseObject(shadowSchema, body, what, 'Delete it, then start the shadow again.');
  }
}

/** `over` has a reason: it was stopped, its time is up, or another run has become champion. */
export type ShadowState =
  | { readonly state: 'running' }
  | { readonly state: 'over'; readonly reason: 'stopped' | 'time-is-up' | 'champion-changed' };

/** @param champion the run that is served now */
export function shadowState(
  { against, until, stopped }: Shadow,
  champion: RunId | undefined,
  now: number,
): ShadowState {
  if (stopped !== undefined) return { state: 'over', reason: 'stopped' };
  if (now >= Date.parse(until)) return { state: 'over', reason: 'time-is-up' };
  if (champion !== against.run_id) return { state: 'over', reason: 'champion-changed' };
  return { state: 'running' };
}
