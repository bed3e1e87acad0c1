import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '#lib/config/load.ts';
import { readCached } from '#setup/cached.mjs';
import { LOCAL } from '#setup/paths.mjs';
import { isRunning } from '#setup/processes.mjs';

const processMark = z.object({ pid: z.int().positive(), start: z.string() });

const environmentSchema = z.object({
  endpointUrl: z.url(),
  port: z.int(),
  process: processMark,
  startedAt: z.iso.datetime(),
  logFile: z.string(),
  home: z.string(),
  mlflow: z.object({ url: z.url(), process: processMark, logFile: z.string(), home: z.string() }).optional(),
  deployed: z.object({ stack: z.string(), at: z.iso.datetime(), sourcesHash: z.string() }).optional(),
});

/** This clone's emulator, the MLflow server next to it, and what was last deployed. */
export type LocalEnvironment = Readonly<z.infer<typeof environmentSchema>>;

/** The emulator's root user. */
export const TEST_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

const STATE_FILE = join(LOCAL, 'environment.json');

/** The running environment; undefined if there is none, or the recorded one is gone (a crash, a reboot). */
export function readEnvironment(file = STATE_FILE): LocalEnvironment | undefined {
  const environment = lastEnvironment(file);
  return environment !== undefined && isRunning(environment.process) ? environment : undefined;
}

/** The running environment, or the last one unless `down` has stopped it. */
export function lastEnvironment(file = STATE_FILE): LocalEnvironment | undefined {
  return readCached(
    file,
    (text) => environmentSchema.parse(JSON.parse(text)),
    'If the environment was up, `npx tripcast down` stops what is left of it.',
  );
}

/** Written atomically: a reader never sees half of it. */
export function writeEnvironment(environment: LocalEnvironment, file = STATE_FILE): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(environment, undefined, 2)}\n`);
  renameSync(draft, file);
}

/** The stack is gone from the emulator: the next `up` deploys it again. */
export function forgetDeployment(file = STATE_FILE): void {
  const environment = readEnvironment(file);
  if (environment === undefined) return;
  const { deployed: _, ...rest } = environment;
  writeEnvironment(rest, file);
}

export function forgetEnvironment(file = STATE_FILE): void {
  rmSync(file, { force: true });
}

/** Sets this process's variables; an undefined one is removed. */
export function useVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/**
 * The variables with which a program talks to the emulator and to nothing else. An undefined one must be removed: the
 * user's own profile, keys, tokens, endpoints and configuration files must not get in the way.
 */
export function devEnvironmentVariables(
  endpointUrl: string,
  base: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string | undefined>> {
  const { region } = loadConfig('dev');
  const theirs = Object.keys(base).filter((name) => /^(AWS|CDK)_/.test(name));
  return {
    ...Object.fromEntries(theirs.map((name) => [name, undefined])),
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    NO_PROXY: [...new Set([...(base.NO_PROXY ?? '').split(','), '127.0.0.1', 'localhost'])].filter(Boolean).join(','),
  };
}
