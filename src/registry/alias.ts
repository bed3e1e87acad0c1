import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { modelKeys, s3Uri } from '#storage/layout.ts';
import { ifUnchanged, type ObjectStore } from '#storage/object-store.ts';
import { putOwn } from '#storage/put-own.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { sha256Schema } from '#storage/sha256.ts';
import { parseObject } from './json-object.ts';

/** Which run an alias points at, and how it got there. One small object, written conditionally: the source of truth. */
export const aliasPointerSchema = z.object({
  sequence: z.int().positive(),
  run_id: runIdSchema,
  /** s3:// address of the run's model.onnx. */
  uri: z.string().startsWith('s3://'),
  /** Hash of model.onnx; loaders refuse a file that differs. */
  sha256: sha256Schema,
  promoted_at: z.iso.datetime(),
  promoted_by: z.string().min(1),
  previous_run_id: runIdSchema.nullable(),
  /** Only in an entry written by a rollback: the run that was rolled back. */
  rolled_back_run_id: runIdSchema.optional(),
  /** The best champion so far, if that is an earlier one: a run has to keep up with it, too. */
  best: z.object({ run_id: runIdSchema, sequence: z.int().positive() }).optional(),
  /** Only if a person overruled the gate: what counted against the run, and why it was promoted anyway. */
  overruled: z.object({ reasons: z.array(z.string()), because: z.string().nullable() }).optional(),
});

export type AliasPointer = Readonly<z.infer<typeof aliasPointerSchema>>;

/** A pointer with its ETag, for conditional reads and writes. */
export interface SeenAlias {
  readonly pointer: AliasPointer;
  readonly etag: string;
}

export type MoveOutcome =
  | { readonly outcome: 'moved'; readonly pointer: AliasPointer }
  | { readonly outcome: 'already-there'; readonly pointer: AliasPointer }
  /** Another promotion got there first; `winner` is where the alias points now. */
  | { readonly outcome: 'lost-race'; readonly winner: AliasPointer };

/** Where to point an alias, and on whose authority. */
export interface Move
  extends Pick<AliasPointer, 'run_id' | 'uri' | 'sha256' | 'promoted_at' | 'promoted_by' | 'best' | 'overruled'> {
  /**
   * The sequence number of the pointer that the decision is based on, 0 for none: if the alias has moved since, the
   * race is lost. If omitted, the alias moves from wherever it points now.
   */
  readonly over?: number;
  /** Whether this rolls back the run that the alias points at. */
  readonly isRollback?: boolean;
}

/**
 * An alias of a registered model, such as its champion: a pointer and its history.
 *
 * A move happens when the pointer's conditional write succeeds: of two concurrent moves only one succeeds, and a move
 * that stops before the write never happened. The history is copied from the pointer, right away and again by the next
 * move before it changes the pointer, so an entry can be missing only while the pointer itself still holds it.
 */
export class Alias {
  readonly #store: ObjectStore;
  readonly #registeredModel: string;
  readonly #key: string;

  constructor(store: ObjectStore, registeredModel: string, alias: string) {
    this.#store = store;
    this.#registeredModel = registeredModel;
    this.#key = modelKeys.alias(registeredModel, alias);
  }

  async read(): Promise<SeenAlias | undefined> {
    const found = await this.#store.get(this.#key);
    return found && { pointer: this.#parse(found.body), etag: found.etag };
  }

  async readIfChanged(etag: string): Promise<SeenAlias | 'unchanged' | undefined> {
    const found = await this.#store.getIfChanged(this.#key, etag);
    if (found === undefined || found === 'unchanged') return found;
    return { pointer: this.#parse(found.body), etag: found.etag };
  }

  /**
   * Points the alias at a run. A retry after a lost response recognizes its own move.
   * @throws TripcastError when the pointer was deleted and its history was not
   */
  async move(to: Move): Promise<MoveOutcome> {
    const seen = await this.read();
    if (seen === undefined) await this.#refuseDeleted();
    else await this.#record(seen.pointer);
    if (seen?.pointer.run_id === to.run_id) return { outcome: 'already-there', pointer: seen.pointer };
    if (to.over !== undefined && to.over !== (seen?.pointer.sequence ?? 0)) return this.#lost(to, to.over, seen);
    const pointer: AliasPointer = {
      sequence: (seen?.pointer.sequence ?? 0) + 1,
      run_id: to.run_id,
      uri: to.uri,
      sha256: to.sha256,
      promoted_at: to.promoted_at,
      promoted_by: to.promoted_by,
      previous_run_id: seen?.pointer.run_id ?? null,
      ...(to.isRollback && seen !== undefined && { rolled_back_run_id: seen.pointer.run_id }),
      ...(to.best && { best: to.best }),
      ...(to.overruled && { overruled: to.overruled }),
    };
    const written = await putOwn(this.#store, this.#key, line(pointer), {
      contentType: 'application/json',
      condition: ifUnchanged(seen?.etag),
    });
    if (written.outcome === 'conflict') {
      const now = written.there && { pointer: this.#parse(written.there.body), etag: written.there.etag };
      return this.#lost(to, pointer.sequence - 1, now);
    }
    await this.#record(pointer);
    return { outcome: 'moved', pointer };
  }

  /** All moves, oldest first. */
  async history(): Promise<readonly AliasPointer[]> {
    const seen = await this.read();
    if (seen === undefined) return [];
    const entries: AliasPointer[] = [];
    for await (const { key } of this.#store.list(modelKeys.histories(this.#registeredModel))) {
      const found = await this.#store.get(key);
      if (found !== undefined) entries.push(this.#parse(found.body, key));
    }
    const before = entries.filter(({ sequence }) => sequence < seen.pointer.sequence);
    return [...before.sort((a, b) => a.sequence - b.sequence), seen.pointer];
  }

  /**
   * Writes the history entry for a pointer that was read. Any other entry there is void: the promotion that left it
   * never wrote its pointer.
   */
  async #record(pointer: AliasPointer): Promise<void> {
    const key = modelKeys.history(this.#registeredModel, pointer.sequence);
    const options = { contentType: 'application/json' };
    const written = await putOwn(this.#store, key, line(pointer), { ...options, condition: { absent: true } });
    if (written.outcome === 'conflict') await this.#store.put(key, line(pointer), options);
  }

  /** Another promotion got there first, unless it followed this very one, whose response was lost. */
  async #lost(to: Move, over: number, now: SeenAlias | undefined): Promise<MoveOutcome> {
    if (now === undefined) {
      throw new TripcastError(`The alias ${this.#key} disappeared while it was being moved`, 'Promote again.');
    }
    const { sequence } = now.pointer;
    const made = sequence === over + 1 ? now.pointer : sequence > over ? await this.#entry(over + 1) : undefined;
    return made?.run_id === to.run_id
      ? { outcome: 'moved', pointer: made }
      : { outcome: 'lost-race', winner: now.pointer };
  }

  async #entry(sequence: number): Promise<AliasPointer | undefined> {
    const key = modelKeys.history(this.#registeredModel, sequence);
    const found = await this.#store.get(key);
    return found && this.#parse(found.body, key);
  }

  /** A lone first entry is not a history: the first promotion of an older release may have stopped after it. */
  async #refuseDeleted(): Promise<void> {
    const keys = await Array.fromAsync(this.#store.list(modelKeys.histories(this.#registeredModel)), ({ key }) => key);
    const last = keys.sort().at(-1);
    if (last === undefined || last === modelKeys.history(this.#registeredModel, 1)) return;
    const { bucket } = this.#store;
    throw new TripcastError(
      `${s3Uri(bucket, this.#key)} is gone, but its history is still there`,
      `Put it back: \`aws s3 cp ${s3Uri(bucket, last)} ${s3Uri(bucket, this.#key)}\`.`,
    );
  }

  #parse(body: Uint8Array, key = this.#key): AliasPointer {
    const what = `${s3Uri(this.#store.bucket, key)} is not an alias pointer`;
    return parseObject(aliasPointerSchema, body, what, 'Copy the last object of its history/ folder over it.');
  }
}

const line = (pointer: AliasPointer) => `${JSON.stringify(pointer)}\n`;

/**
 * The move that a rollback goes back to: the one before the current champion's, where a rollback counts as undoing a
 * promotion, not as a promotion. So after a, b, c one rollback gives b, the next a, and a third finds nothing.
 * @param history oldest move first
 */
export function moveBefore(history: readonly AliasPointer[]): AliasPointer | undefined {
  const standing: AliasPointer[] = [];
  for (const move of history) {
    if (move.rolled_back_run_id === undefined) standing.push(move);
    else standing.pop();
  }
  return standing.at(-2);
}
