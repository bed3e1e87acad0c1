import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Engine, findEngine, type Machine } from '#local/docker-engine.ts';
import { Docker } from '#packaging/docker.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ours: Engine = { docker: new Docker('unix:///ours'), description: 'ours', stop: async () => {} };

/** A machine with these commands; what is installed is noted, and brings its command. */
function aMachine({
  commands = [],
  isRoot = true,
  engine,
}: {
  commands?: string[];
  isRoot?: boolean;
  engine?: string;
}) {
  const present = new Set(commands);
  const installed: string[] = [];
  const machine: Machine = {
    isRoot,
    has: (command) => present.has(command),
    runningEngine: async () => engine,
    async install(...packages) {
      installed.push(...packages);
      if (packages.includes('docker.io')) present.add('dockerd').add('docker');
      if (packages.includes('docker-cli')) present.add('docker');
    },
    startEngine: async () => ours,
  };
  return { machine, installed };
}

const silently = () => {};

describe('the search for a Docker engine', () => {
  test('takes the one that runs, and leaves it running', async () => {
    const { machine, installed } = aMachine({ commands: ['docker', 'dockerd'], engine: '28.2.2', isRoot: false });
    const engine = await findEngine(machine, silently);
    expect(engine.description).toBe('Docker 28.2.2, already running');
    expect(engine.docker.host).toBeUndefined();
    expect(installed).toEqual([]);
  });

  test('starts one if it is installed and none answers', async () => {
    const { machine, installed } = aMachine({ commands: ['docker', 'dockerd'] });
    expect(await findEngine(machine, silently)).toBe(ours);
    expect(installed).toEqual([]);
  });

  test("installs Debian's first if there is none, and says so", async () => {
    const { machine, installed } = aMachine({ commands: ['apt-get'] });
    const said: string[] = [];
    expect(await findEngine(machine, (line) => said.push(line))).toBe(ours);
    expect(installed).toEqual(['docker.io']);
    expect(said).toEqual(['installing docker.io', 'starting an engine']);
  });

  test('installs the engine if only the command exists, and the command if only the engine does', async () => {
    const withoutEngine = aMachine({ commands: ['apt-get', 'docker'] });
    await findEngine(withoutEngine.machine, silently);
    expect(withoutEngine.installed).toEqual(['docker.io']);
    const withoutCommand = aMachine({ commands: ['apt-get', 'dockerd'] });
    await findEngine(withoutCommand.machine, silently);
    expect(withoutCommand.installed).toEqual(['docker-cli']);
  });

  test.each([
    [
      { isRoot: false, commands: ['apt-get'] },
      'There is no Docker engine, and only root can install and start one. Start',
    ],
    [
      { isRoot: false, commands: ['docker'] },
      'Docker is installed, but no engine answers this user, and only root can',
    ],
    [{ isRoot: true, commands: [] }, 'There is no Docker engine, and no apt-get to install one with. Install Docker'],
  ])('of %j says in a sentence why there is none and what to do', async (facts, message) => {
    const { machine, installed } = aMachine(facts);
    await expect(findEngine(machine, silently)).rejects.toThrow(message);
    expect(installed).toEqual([]);
  });
});

describe('a docker command', () => {
  afterEach(() => void vi.unstubAllEnvs());

  /** Puts a `docker` first on PATH that says this and fails, as the real one (28.2.2) was seen to. */
  function failingDocker(folder: string, says: string): void {
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\necho "${says}" >&2\nexit 1\n`);
    chmodSync(join(folder, 'docker'), 0o755);
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  }

  test.each([
    'Cannot connect to the Docker daemon at unix:///ours. Is the docker daemon running?',
    'error waiting for container: unexpected EOF',
  ])('whose engine is gone says so, and where the log is: %s', async (says) => {
    const folder = temporaryFolder();
    failingDocker(folder, says);
    await expect(new Docker('unix:///ours', '/logs/engine.log').run('inspect', 'x')).rejects.toThrow(
      'The Docker engine at unix:///ours does not answer, or no longer does. Run it again; /logs/engine.log may say why.',
    );
  });

  test('that fails for another reason shows what was called and what it said', async () => {
    const folder = temporaryFolder();
    failingDocker(folder, 'COPY failed: no such file');
    await expect(new Docker().run('build', '.')).rejects.toThrow(
      '`docker build .` failed (1):\nCOPY failed: no such file',
    );
  });

  test('that is not installed says so', async () => {
    const folder = temporaryFolder();
    vi.stubEnv('PATH', folder);
    await expect(new Docker().run('version')).rejects.toThrow('`docker version` cannot be run: spawn docker ENOENT');
  });
});
