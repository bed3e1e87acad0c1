import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TripcastError } from '#errors.ts';

/** LocalStack 4.14.0 starts on no older one (it uses `Lock | None` as a type); tripcast itself makes do with 3.10. */
const OLDEST = { major: 3, minor: 13 };

/** The commands on PATH, then what pyenv installed and did not put there. */
const COMMANDS = ['python3.13', 'python3', 'python3.14', 'python'];

/**
 * A Python that is new enough for LocalStack.
 * @param env TRIPCAST_PYTHON names one to try first
 * @throws TripcastError naming those that were found
 */
export function findPython(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.TRIPCAST_PYTHON ? [env.TRIPCAST_PYTHON] : [];
  const found: string[] = [];
  for (const command of [...named, ...COMMANDS, ...ofPyenv(env)]) {
    const version = versionOf(command, env);
    if (version === undefined) continue;
    if (isNewEnough(version)) return command;
    found.push(`${command} is ${version}`);
  }
  throw new TripcastError(
    `LocalStack needs Python ${OLDEST.major}.${OLDEST.minor} or newer, but ${found.join(', ') || 'there is none'}`,
    'Install one (`pyenv install 3.13`, or python3.13 from your distribution), or name one: TRIPCAST_PYTHON=/path/to/python3.13.',
  );
}

function versionOf(command: string, env: NodeJS.ProcessEnv): string | undefined {
  const script = 'import platform; print(platform.python_version())';
  const { status, stdout } = spawnSync(command, ['-I', '-c', script], { encoding: 'utf8', env });
  return status === 0 ? stdout.trim() : undefined;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

function ofPyenv({ PYENV_ROOT }: NodeJS.ProcessEnv): readonly string[] {
  const versions = join(PYENV_ROOT || join(homedir(), '.pyenv'), 'versions');
  return globSync('3.*/bin/python3', { cwd: versions })
    .map((path) => join(versions, path))
    .toSorted();
}
