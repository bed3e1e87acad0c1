import { TripcastError } from '#errors.ts';
import { type ModelFile, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { putOwn } from '#storage/put-own.ts';

/** A file of a run; the recipe and the tracking server add their own files to those in {@link ModelFile}. */
export interface RunFile {
  readonly name: string;
  readonly body: Uint8Array | string;
}

/** Written last: a folder without it is incomplete, and nothing loads or promotes from it. */
export const CARD = 'card.json' satisfies ModelFile;
/** The verdict of this registry's gate when the run was trained. */
export const VERDICT = 'gate.json' satisfies ModelFile;
/** What the training rides look like; runs of older versions have none. */
export const PROFILE = 'profile.json' satisfies ModelFile;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  html: 'text/html; charset=utf-8',
  yaml: 'text/yaml; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

/** A run's files under one prefix, staged by the trainer or registered for good. Once written, a file never changes. */
export class RunFolder {
  readonly #store: ObjectStore;
  readonly #prefix: string;

  /** @param prefix with a trailing slash */
  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  uri(name: string): string {
    return s3Uri(this.#store.bucket, this.#key(name));
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return (await this.#store.get(this.#key(name)))?.body;
  }

  /** All files, whether or not the folder is complete. */
  async files(): Promise<readonly RunFile[]> {
    const names: string[] = [];
    for await (const { key } of this.#store.list(this.#prefix)) names.push(key.slice(this.#prefix.length));
    const bodies = await Promise.all(names.map((name) => this.read(name)));
    return names.flatMap((name, i) => {
      const body = bodies[i];
      return body === undefined ? [] : [{ name, body }];
    });
  }

  /**
   * Writes the files that complete the folder. The card comes last, once `prove` has accepted the other files as
   * stored. A file that already exists with the same content is kept, so an interrupted write is completed by the next
   * one.
   * @throws TripcastError when a file exists with different content, or the files include no card
   */
  async complete(files: readonly RunFile[], prove: () => Promise<void> = async () => {}): Promise<void> {
    const card = files.find(({ name }) => name === CARD);
    if (card === undefined) throw new TripcastError(`There is no ${CARD} for ${this.#prefix}`, 'Train again.');
    await Promise.all(files.filter((file) => file !== card).map((file) => this.#write(file)));
    await prove();
    await this.#write(card);
  }

  async #write({ name, body }: RunFile): Promise<void> {
    const contentType = CONTENT_TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const written = await putOwn(this.#store, this.#key(name), body, { contentType, condition: { absent: true } });
    if (written.outcome === 'written') return;
    throw new TripcastError(
      `${this.uri(name)} already exists with different content`,
      'A run folder is immutable: register under a new run id.',
    );
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }
}
