import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LOCALSTACK_VERSION } from '#local/localstack.ts';
import { freePort } from '#local/ports.ts';
import { runCommand } from '#packaging/command.ts';
import { Docker } from '#packaging/docker.ts';
import { CLONE } from '#setup/paths.mjs';
import type { LocalStackServer } from './server.ts';

const IMAGE = process.env.LOCALSTACK_IMAGE ?? `localstack/localstack:${LOCALSTACK_VERSION}`;
const COMPOSE = ['compose', '--file', join(CLONE, 'docker', 'compose.yaml'), '--project-name', 'tripcast-test'];

/** LocalStack's image, if a Docker engine has it; nothing is pulled. */
export async function findImage(): Promise<string | undefined> {
  try {
    return (await new Docker().run('images', '--quiet', IMAGE)) === '' ? undefined : IMAGE;
  } catch {
    return undefined; // no engine, or not for this user
  }
}

/** Starts LocalStack's container as docker/compose.yaml describes it. @param port the first to try */
export async function startContainer(port: number): Promise<LocalStackServer> {
  const free = await freePort(port);
  const env = { PWD: CLONE, LOCALSTACK_IMAGE: IMAGE, LOCALSTACK_PORT: String(free) };
  const compose = (...args: readonly string[]) =>
    runCommand('docker', [...COMPOSE, ...args], { cwd: CLONE, env, fix: 'See `docker compose logs`.' });
  await compose('up', '--detach', '--wait');
  const stop = async () => {
    await compose('down');
  };
  const kill = () => void spawnSync('docker', [...COMPOSE, 'down'], { cwd: CLONE, env: { ...process.env, ...env } });
  return { endpointUrl: `http://127.0.0.1:${free}`, stop, kill };
}
