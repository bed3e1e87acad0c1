import { randomBytes } from 'node:crypto';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { TripcastError } from '#errors.ts';
import type { Bench, Clients, Json, Patience, Probe, Site } from './probe.ts';
import { template } from './site-template.ts';
import { cleanUp, deploy, type Made } from './stack.ts';

/** The result of a probe. */
export type Sight =
  | { readonly kind: 'seen'; readonly seen: Json }
  | { readonly kind: 'unseen'; readonly why: string }
  | { readonly kind: 'broken'; readonly error: string };

export interface Place {
  /** undefined for AWS itself. */
  readonly endpointUrl: string | undefined;
  readonly patience: Patience;
  /** From the start of the deployment until schedules fire. */
  readonly leadSeconds: number;
}

export const AWS: Place = {
  endpointUrl: undefined,
  patience: { arrival: 420_000, silence: 90_000, poll: 2_000 },
  leadSeconds: 360,
};

export const emulatorAt = (endpointUrl: string): Place => ({
  endpointUrl,
  patience: { arrival: 15_000, silence: 4_000, poll: 250 },
  leadSeconds: 2,
});

/** It evaluates alarms once a minute, and its functions start slowly. */
export const localstackAt = (endpointUrl: string): Place => ({
  ...emulatorAt(endpointUrl),
  patience: { arrival: 130_000, silence: 5_000, poll: 250 },
});

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Default: a new random one. */
  readonly prefix?: string;
}

export const newPrefix = () => `tripcast-probe-${randomBytes(4).toString('hex')}`;

/** Deploys what the probes need, runs them, and deletes everything, however the run ends. */
export async function runProbes(
  probes: readonly Probe[],
  place: Place,
  { signal, say, prefix = newPrefix() }: RunOptions,
): Promise<ReadonlyMap<string, Sight>> {
  const { patience, endpointUrl, leadSeconds } = place;
  const clients = makeClients();
  const site: Site = { prefix, patience, scheduledFor: new Date(Date.now() + leadSeconds * 1000) };
  const sights = new Map<string, Sight>();
  const able = probes.filter((probe) => {
    const why = unseenBecause(probe, place);
    if (why !== undefined) sights.set(probe.id, { kind: 'unseen', why });
    return why === undefined;
  });
  try {
    say(`Deploying the stack ${prefix}`);
    const made = await deploy(prefix, template(able, site), { ...clients, signal, patience });
    say(`Running ${able.length} probes`);
    const bench = { ...site, ...clients, endpointUrl, signal, stack: prefix };
    // Nothing may be deleted while a probe is still at work.
    await Promise.allSettled(
      lanes(able).map(async (lane) => {
        for (const probe of lane) {
          signal.throwIfAborted();
          sights.set(probe.id, await sightOf(probe, { ...bench, idOf: (id) => idOf(made, id) }));
        }
      }),
    );
    signal.throwIfAborted();
    return sights;
  } finally {
    say(`Deleting everything named ${prefix}`);
    await cleanUp(prefix, clients.cloudFormation).catch((cause: unknown) => {
      throw new TripcastError(
        `Not everything named ${prefix} was deleted: ${cause instanceof Error ? cause.message : String(cause)}`,
        `Run \`npm run test:aws -- --clean-up ${prefix}\`, or delete the stacks in the console.`,
        { cause },
      );
    });
    for (const client of Object.values(clients)) client.destroy();
  }
}

export function makeClients(): Clients {
  return {
    cloudFormation: new CloudFormationClient({}),
    cloudWatch: new CloudWatchClient({}),
    kinesis: new KinesisClient({ requestHandler: new NodeHttpHandler(), maxAttempts: 1 }), // a refusal is what is looked for
    lambda: new LambdaClient({ maxAttempts: 8 }), // a new account has ten invocations at a time for all probes
    s3: new S3Client({}),
    sfn: new SFNClient({}),
    sts: new STSClient({}),
  };
}

function unseenBecause({ look }: Probe, { endpointUrl }: Place): string | undefined {
  if ('unseen' in look) return look.unseen;
  return endpointUrl === undefined ? undefined : look.notOnEmulators;
}

function lanes(probes: readonly Probe[]): readonly (readonly Probe[])[] {
  return [...Map.groupBy(probes, ({ lane, id }) => lane ?? id).values()];
}

async function sightOf({ look }: Probe, bench: Bench): Promise<Sight> {
  if ('unseen' in look) return { kind: 'unseen', why: look.unseen };
  try {
    return { kind: 'seen', seen: await look.seen(bench) };
  } catch (error) {
    return { kind: 'broken', error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

function idOf(made: Made, logicalId: string): string {
  const resource = made.get(logicalId);
  if (resource === undefined) throw new Error(`The stack has no resource ${logicalId}.`);
  if ('failed' in resource) throw new Error(`${logicalId} was not made: ${resource.failed}`);
  return resource.id;
}
