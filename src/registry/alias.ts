import { z } from 'zod';
import { TripcastError } from '../errors.ts';
import { modelKeys } from '../storage/layout.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { runIdSchema } from './run-id.ts';

/** Which run an alias names, and how it came to. One small object, written conditionally: the truth about the champion. */
export const aliasPointerSchema = z.object({
  sequence: z.int().positive(),
  run_id: runIdSchema,
  /** s3:// address of the run's model.onnx. */
  uri: z.string().startsWith('s3://'),
  /** Of model.onnx: loaders refuse a file that differs. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  promoted_at: z.iso.datetime(),
  promoted_by: z.string().min(1),
  previous_run_id: runIdSchema.nullable(),
  /** Only in an entry that a rollback wrote: the run that was taken back. */
  rolled_back_run_id: runIdSchema.optional(),
});

export type AliasPointer = Readonly<z.infer<typeof aliasPointerSchema>>;

/** A pointer with the ETag that a conditional read or write needs. */
export interface SeenAlias {
  readonly pointer: AliasPointer;
  readonly etag: string;
}

export type MoveOutcome =
  | { readonly outcome: 'moved'; readonly pointer: AliasPointer }
  | { readonly outcome: 'already-there'; readonly pointer: AliasPointer }
  /** Another promotion came first; `winner` is where the alias points now. */
  | { readonly outcome: 'lost-race'; readonly winner: AliasPointer };

/** Where an alias is to point, and who says so. */
export interface Move extends Pick<AliasPointer, 'run_id' | 'uri' | 'sha256' | 'promoted_at' | 'promoted_by'> {
  /**
   * The sequence number of the pointer on which the decision rests, 0 for none: has the alias moved on since, the race is
   * lost. Without it the move is from wherever the alias points now.
   */
  readonly over?: number;
  /** Whether this takes back the run that the alias points at. */
  readonly isRollback?: boolean;
}

/** An alias of a registered model, such as its champion: a pointer and an append-only history. */
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
   * Points the alias at a run. The history entry is written first, if absent: of two racing promotions one takes the
   * sequence number, and the other is told who did. A history entry whose pointer was never moved (a crash between the
   * two writes) is completed by the next caller before its own.
   */
  async move(to: Move): Promise<MoveOutcome> {
    const seen = await this.#completed();
    if (seen?.pointer.run_id === to.run_id) return { outcome: 'already-there', pointer: seen.pointer };
    if (to.over !== undefined && seen !== undefined && seen.pointer.sequence !== to.over) {
      return { outcome: 'lost-race', winner: seen.pointer };
    }
    const pointer: AliasPointer = {
      sequence: (seen?.pointer.sequence ?? 0) + 1,
      run_id: to.run_id,
      uri: to.uri,
      sha256: to.sha256,
      promoted_at: to.promoted_at,
      promoted_by: to.promoted_by,
      previous_run_id: seen?.pointer.run_id ?? null,
      ...(to.isRollback && seen !== undefined && { rolled_back_run_id: seen.pointer.run_id }),
    };
    const entry = await this.#store.put(modelKeys.history(this.#registeredModel, pointer.sequence), line(pointer), {
      contentType: 'application/json',
      condition: { absent: true },
    });
    if (entry.outcome === 'conflict')
      return { outcome: 'lost-race', winner: await this.#historyEntry(pointer.sequence) };
    return this.#point(pointer, seen);
  }

  /** Every move there has been, the first one first; a move that stopped before its pointer was written included. */
  async history(): Promise<readonly AliasPointer[]> {
    const entries: AliasPointer[] = [];
    for await (const { key } of this.#store.list(modelKeys.histories(this.#registeredModel))) {
      const found = await this.#store.get(key);
      if (found !== undefined) entries.push(this.#parse(found.body, key));
    }
    return entries.sort((a, b) => a.sequence - b.sequence);
  }

  /** The alias as read, after finishing a promotion that stopped between history and pointer. */
  async #completed(): Promise<SeenAlias | undefined> {
    const seen = await this.read();
    const next = (seen?.pointer.sequence ?? 0) + 1;
    const owed = await this.#store.get(modelKeys.history(this.#registeredModel, next));
    if (owed === undefined) return seen;
    await this.#point(this.#parse(owed.body), seen);
    return this.read();
  }

  async #point(pointer: AliasPointer, seen: SeenAlias | undefined): Promise<MoveOutcome> {
    const written = await this.#store.put(this.#key, line(pointer), {
      contentType: 'application/json',
      condition: seen === undefined ? { absent: true } : { etag: seen.etag },
    });
    if (written.outcome === 'written') return { outcome: 'moved', pointer };
    const now = await this.read();
    if (now === undefined)
      throw new TripcastError(`The alias ${this.#key} vanished while it was moved`, 'Promote again.');
    // Whoever came first may have completed this very promotion from its history entry.
    return now.pointer.run_id === pointer.run_id
      ? { outcome: 'moved', pointer: now.pointer }
      : { outcome: 'lost-race', winner: now.pointer };
  }

  async #historyEntry(sequence: number): Promise<AliasPointer> {
    const key = modelKeys.history(this.#registeredModel, sequence);
    const found = await this.#store.get(key);
    if (found === undefined) throw new TripcastError(`The history entry ${key} vanished`, 'Promote again.');
    return this.#parse(found.body, key);
  }

  #parse(body: Uint8Array, key = this.#key): AliasPointer {
    const parsed = aliasPointerSchema.safeParse(parseJson(body));
    if (parsed.success) return parsed.data;
    const problem = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new TripcastError(
      `s3://${this.#store.bucket}/${key} is not an alias pointer (${problem})`,
      'Restore it from its history/ folder, or promote a run again.',
    );
  }
}

const line = (pointer: AliasPointer) => `${JSON.stringify(pointer)}\n`;

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined; // what is no JSON fails the schema, with the message that names the object
  }
}
