import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { runCommand } from '#packaging/command.ts';
import { Docker } from '#packaging/docker.ts';
import { readCached } from '#setup/cached.mjs';
import { CLONE, CLONE_LOCAL } from '#setup/paths.mjs';
import { isRunning, processStart } from '#setup/processes.mjs';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
const POLL_MS = 100;

export interface Engine {
  readonly docker: Docker;
  /** Its version and where it comes from, for display. */
  readonly description: string;
  /** Stops it if it was started here; one that was already running keeps running. */
  readonly stop: () => Promise<void>;
}

/** What the search for an engine needs from this machine. */
export interface Machine {
  readonly isRoot: boolean;
  /** Whether a command is on PATH. */
  has(command: string): boolean;
  /** The version of the engine that the docker command finds by itself; undefined when none answers. */
  runningEngine(): Promise<string | undefined>;
  /** Installs Debian packages. @throws TripcastError */
  install(...packages: readonly string[]): Promise<void>;
  /** Starts an engine of our own. @throws TripcastError */
  startEngine(): Promise<Engine>;
}

/**
 * The running engine, or one started here as root; Debian's is installed for that if necessary and possible.
 * @throws TripcastError in one sentence, when this machine cannot provide an engine
 */
export async function findEngine(machine: Machine, say: (line: string) => void): Promise<Engine> {
  const running = machine.has('docker') ? await machine.runningEngine() : undefined;
  if (running !== undefined) {
    return { docker: new Docker(), description: `Docker ${running}, already running`, stop: async () => {} };
  }
  if (!machine.isRoot) {
    throw new TripcastError(
      machine.has('docker')
        ? 'Docker is installed, but no engine answers this user, and only root can start one'
        : 'There is no Docker engine, and only root can install and start one',
      'Start Docker, and let this user use it, or run this as root.',
    );
  }
  if (!machine.has('dockerd') && !machine.has('apt-get')) {
    throw new TripcastError(
      'There is no Docker engine, and no apt-get to install one with',
      'Install Docker (docs.docker.com/engine/install) and start it.',
    );
  }
  for (const [command, debianPackage] of PARTS) {
    if (machine.has(command)) continue;
    say(`installing ${debianPackage}`);
    await machine.install(debianPackage);
  }
  say('starting an engine');
  return machine.startEngine();
}

/** In Debian 12 the first package brings both. */
const PARTS = [
  ['dockerd', 'docker.io'],
  ['docker', 'docker-cli'],
] as const;

/** The machine this runs on. */
export const thisMachine: Machine = {
  isRoot: process.getuid?.() === 0,
  has: isOnPath,
  runningEngine: () => versionOf(new Docker()),
  install: installDebian,
  startEngine,
};

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

async function versionOf(docker: Docker): Promise<string | undefined> {
  try {
    return await docker.run('version', '--format', '{{.Server.Version}}');
  } catch {
    return undefined; // missing, or not for this user: the caller continues without it
  }
}

/** Installs missing Debian packages. @throws TripcastError with apt-get's output */
async function installDebian(...packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const fix = `Install ${packages.join(' ')} by hand, and run it again.`;
  await runCommand('apt-get', ['update', '-qq'], { env, fix });
  await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env, fix });
}

/**
 * An engine for this clone alone: its images are stored under .tripcast and stay for the next run; its containers have
 * no network but the host's, so that it needs neither a bridge nor the right to change the firewall.
 */
async function startEngine(): Promise<Engine> {
  const home = join(CLONE_LOCAL, 'docker');
  // The name is fixed, so that the next engine finds the containers of one that was killed and ends them. It is short,
  // since a socket's path is limited to 107 characters.
  const run = join(tmpdir(), `tripcast-docker-${createHash('sha256').update(CLONE).digest('hex').slice(0, 8)}`);
  const markFile = join(home, 'engine.json');
  await stopLeftover(markFile);
  mkdirSync(home, { recursive: true });
  mkdirSync(run, { recursive: true, mode: 0o700 });
  const host = `unix://${run}/docker.sock`;
  const logFile = join(home, 'engine.log');
  const args = [
    ...['--host', host, '--data-root', join(home, 'data'), '--exec-root', join(run, 'exec')],
    ...['--pidfile', join(run, 'pid'), '--bridge=none', '--iptables=false', '--ip6tables=false'],
  ];
  const log = openSync(logFile, 'w');
  // Its own process group: Ctrl-C ends the command that uses it, which then stops it.
  const child = spawn('dockerd', args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended (${code ?? signal})`;
  });
  const { pid = 0 } = child;
  writeFileSync(markFile, JSON.stringify({ pid, start: processStart(pid) ?? '' }));
  const atExit = () => child.kill('SIGTERM');
  process.once('exit', atExit);

  const docker = new Docker(host, logFile);
  const stop = async () => {
    process.off('exit', atExit);
    if (ended !== undefined) return; // killed: the next one cleans up what it left
    child.kill('SIGTERM');
    for (const deadline = Date.now() + STOP_DEADLINE_MS; ended === undefined && Date.now() < deadline; )
      await sleep(POLL_MS);
    child.kill('SIGKILL');
    await unmountUnder(run);
    rmSync(run, { recursive: true, force: true });
    rmSync(markFile, { force: true });
  };
  for (const deadline = Date.now() + START_DEADLINE_MS; ; await sleep(POLL_MS)) {
    const version = ended === undefined ? await versionOf(docker) : undefined;
    if (version !== undefined) return { docker, description: `Docker ${version}, started for this run`, stop };
    if (ended === undefined && Date.now() < deadline) continue;
    await stop();
    const lastLines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
    throw new TripcastError(
      `dockerd did not start: ${ended ?? `no answer within ${START_DEADLINE_MS / 1000} s`}\n${lastLines}`,
      `The whole log is ${logFile}.`,
    );
  }
}

/** Ends the engine of an earlier run that was killed, and its containers with it. */
async function stopLeftover(markFile: string): Promise<void> {
  const mark = readCached(
    markFile,
    (text) => markSchema.parse(JSON.parse(text)),
    'If an earlier run was killed, end its dockerd by hand.',
  );
  if (mark === undefined) return;
  if (isRunning(mark)) process.kill(mark.pid, 'SIGTERM');
  for (const deadline = Date.now() + STOP_DEADLINE_MS; isRunning(mark) && Date.now() < deadline; ) await sleep(POLL_MS);
  if (isRunning(mark)) process.kill(mark.pid, 'SIGKILL');
}

/** Docker keeps the host's network mounted for its containers, and leaves it mounted. */
async function unmountUnder(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const ours = points.filter((point) => point.startsWith(`${folder}/`));
  if (ours.length > 0) await runCommand('umount', ours, { fix: `Unmount ${ours.join(', ')} by hand.` });
}

const markSchema = z.object({ pid: z.int().positive(), start: z.string() });
