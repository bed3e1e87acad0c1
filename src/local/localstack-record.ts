import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readCached } from '#setup/cached.mjs';
import { LOCAL } from '#setup/paths.mjs';

const recordSchema = z.object({
  endpointUrl: z.url(),
  /** What was deployed there. */
  sourcesHash: z.string().optional(),
});
const RECORD = join(LOCAL, 'localstack.json');

/** The LocalStack that commands go to, until `down`. */
export type LocalStackRecord = Readonly<z.infer<typeof recordSchema>>;

/** undefined if commands do not go to a LocalStack */
export function readLocalStack(): LocalStackRecord | undefined {
  return readCached(
    RECORD,
    (text) => recordSchema.parse(JSON.parse(text)),
    'If a LocalStack was in use, run `npx tripcast up --emulator localstack` again.',
  );
}

export const localstackEndpoint = (): string | undefined => readLocalStack()?.endpointUrl;

export function writeLocalStack(record: LocalStackRecord): void {
  mkdirSync(LOCAL, { recursive: true });
  writeFileSync(RECORD, `${JSON.stringify(record)}\n`);
}

/** Commands no longer go there. LocalStack itself keeps running: it is not ours. */
export function forgetLocalStack(): void {
  rmSync(RECORD, { force: true });
}

/** What deploys the stack to where commands go. */
export function deployCommand(endpointUrl = localstackEndpoint()): string {
  return endpointUrl === undefined
    ? 'npx tripcast up'
    : `npx tripcast up --emulator localstack --endpoint ${endpointUrl}`;
}
