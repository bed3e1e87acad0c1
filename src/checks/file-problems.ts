import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { CLONE } from '#setup/paths.mjs';

/** What is in a repository stays forever, in every clone. */
const LARGEST_BYTES = 512 * 1024;
/** The bundled months, which save every first run their download. */
const MAY_BE_LARGE = /^data\/tlc\/[\w-]+\.parquet$/;

const reportSchema = z.array(
  z.object({
    filePath: z.string(),
    messages: z.array(z.object({ message: z.string(), loc: z.object({ start: z.object({ line: z.number() }) }) })),
  }),
);

/**
 * Why files should not get into the repository: they are large, or contain what looks like a secret. Does not use the
 * network.
 * @param files relative to the folder
 * @returns a line per problem, with the secret itself masked
 */
export function fileProblems(folder: string, files: readonly string[]): readonly string[] {
  return files.length === 0 ? [] : [...largeFiles(folder, files), ...secretsIn(folder, files)];
}

function largeFiles(folder: string, files: readonly string[]): readonly string[] {
  return files.flatMap((file) => {
    const { size } = statSync(join(folder, file));
    if (size <= LARGEST_BYTES || MAY_BE_LARGE.test(file)) return [];
    return [`${file} has ${size} bytes; the limit is ${LARGEST_BYTES}`];
  });
}

/** Through secretlint's command line, the only interface that it promises to keep. */
function secretsIn(folder: string, files: readonly string[]): readonly string[] {
  const secretlint = join(CLONE, 'node_modules/secretlint/bin/secretlint.js');
  const rules = ['--secretlintrc', join(CLONE, '.secretlintrc.json')];
  const args = [secretlint, ...rules, '--no-glob', '--no-gitignore', '--format', 'json', '--', ...files];
  // The report contains the files' contents.
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  // 1: it found something, which is in the report.
  if (status !== 0 && status !== 1) {
    throw new TripcastError(`secretlint failed (${status}): ${stderr}`, 'Run `npm run setup`.');
  }
  return reportSchema
    .parse(JSON.parse(stdout))
    .flatMap(({ filePath, messages }) =>
      messages.map(({ message, loc }) => `${filePath.replace(`${folder}/`, '')}:${loc.start.line}: ${message}`),
    );
}
