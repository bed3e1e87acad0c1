import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { STSClient } from '@aws-sdk/client-sts';

/** What a probe sees, without anything that changes from run to run (times, ids, random names). */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: object;
  readonly DependsOn?: readonly string[];
}

export type Resources = Readonly<Record<string, Resource>>;

/** A page of AWS's own documentation. */
export interface Documentation {
  readonly title: string;
  readonly url: string;
}

/** One row of the ledger: a behavior of AWS that tripcast depends on, and how to observe it. */
export interface Probe {
  /** Service first: `s3-put-if-absent`. */
  readonly id: string;
  readonly behavior: string;
  readonly docs: Documentation;
  /** The test that relies on it, then the code that does. */
  readonly reliedOnBy: readonly [string, ...string[]];
  /** What `look` sees on AWS, according to its documentation. */
  readonly expected: Json;
  /** What the probe needs in the stack, in addition to the shared resources. */
  readonly resources?: (site: Site) => Resources;
  /** Probes in one lane run one after the other; lanes run in parallel. Default: a lane of its own. */
  readonly lane?: string;
  readonly look: Look;
}

/** How to see a behavior; `unseen` and `notOnEmulators` say why a run cannot. */
export type Look =
  | { readonly seen: (bench: Bench) => Promise<Json>; readonly notOnEmulators?: string }
  | { readonly unseen: string };

/** Where the probes run. */
export interface Site {
  /** Begins the name of everything that a run creates. */
  readonly prefix: string;
  /** When the stack's schedules fire: after the stack is complete. */
  readonly scheduledFor: Date;
  readonly patience: Patience;
}

export interface Patience {
  /** How long to wait for something that should arrive, in milliseconds. */
  readonly arrival: number;
  /** How long to watch before concluding that nothing arrives, in milliseconds. */
  readonly silence: number;
  /** Between two polls, in milliseconds. */
  readonly poll: number;
}

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly kinesis: KinesisClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly sts: STSClient;
}

/** A deployed stack, and what a probe needs to use it. */
export interface Bench extends Site, Clients {
  readonly stack: string;
  /** undefined on AWS. */
  readonly endpointUrl: string | undefined;
  /** Aborts the run: Ctrl-C, or the time limit. */
  readonly signal: AbortSignal;
  /** The physical id of a resource in the stack. */
  readonly idOf: (logicalId: string) => string;
}

/** The role that the functions of all probes share. */
export const FUNCTION_ROLE = 'FunctionRole';
/** The role that the state machines of all probes share. */
export const STATES_ROLE = 'StatesRole';
/** An unversioned bucket; each probe uses its own keys. */
export const BUCKET = 'Bucket';

export const ref = (logicalId: string) => ({ Ref: logicalId });
export const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
