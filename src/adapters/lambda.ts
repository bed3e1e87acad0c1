import {
  CodeArtifactUserPendingException,
  GetAliasCommand,
  InvokeCommand,
  LambdaClient,
  PreconditionFailedException,
  paginateListVersionsByFunction,
  ResourceConflictException,
  ResourceNotFoundException,
  ResourceNotReadyException,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { type Clock, systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { LiveAlias, TrafficShifts, Version } from '#operations/rollout.ts';
import { onceAwake, WAKE_SECONDS } from '#operations/wake.ts';
import { clientOfPlace } from './client.ts';

const lambda = clientOfPlace(() => new LambdaClient({}));

/** Where functions are called, and how long to wait for one to wake up. */
export interface Caller {
  readonly client?: LambdaClient;
  readonly clock?: Clock;
}

/**
 * Calls a function (`name`, or `name:version`) with a JSON event and returns its answer. Wakes it up if it is inactive.
 * @throws TripcastError with the function's own error
 */
export async function invokeFunction(
  name: string,
  event: unknown,
  { client = lambda(), clock = systemClock }: Caller = {},
): Promise<unknown> {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) });
  try {
    const { Payload, FunctionError } = await onceAwake(() => client.send(command), isAsleep, clock);
    const answer: unknown = JSON.parse(Payload?.transformToString() || 'null');
    if (FunctionError === undefined) return answer;
    throw new TripcastError(
      `${name} failed: ${messageOf(answer)}`,
      `See \`tripcast logs ${name.replace(/:.*$/, '')}\`.`,
    );
  } catch (error) {
    if (isAsleep(error)) {
      throw new TripcastError(
        `${name} was not ready to be called after ${WAKE_SECONDS} seconds: ${error.message}`,
        'Look at the state of the function in the Lambda console, and try again.',
        { cause: error },
      );
    }
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new TripcastError(`There is no function ${name}`, 'Deploy it with `tripcast up` (dev) or `cdk deploy`.');
  }
}

/** How Invoke refuses a function that is inactive, or just leaving that state: worth retrying. */
const isAsleep = (error: unknown) =>
  error instanceof CodeArtifactUserPendingException ||
  error instanceof ResourceNotReadyException ||
  error instanceof ResourceConflictException;

/** An alias of a function. @param shifts what moves its traffic, where that happens step by step */
export function lambdaAlias(
  functionName: string,
  alias: string,
  { shifts, ...caller }: Caller & { readonly shifts?: TrafficShifts } = {},
): LiveAlias {
  const client = caller.client ?? lambda();
  const which = { FunctionName: functionName, Name: alias };
  return {
    async read() {
      const { FunctionVersion, RevisionId } = await client.send(new GetAliasCommand(which));
      return { version: versionOf(FunctionVersion), revision: RevisionId ?? '' };
    },
    async versions() {
      const found: Version[] = [];
      const pages = paginateListVersionsByFunction({ client }, { FunctionName: functionName });
      for await (const { Versions = [] } of pages) {
        const published = Versions.filter(({ Version }) => Version !== '$LATEST');
        found.push(...published.map((each) => ({ number: versionOf(each.Version), madeAt: each.LastModified ?? '' })));
      }
      return found;
    },
    async move(version, revision) {
      try {
        await client.send(new UpdateAliasCommand({ ...which, FunctionVersion: String(version), RevisionId: revision }));
        return 'moved';
      } catch (error) {
        if (error instanceof PreconditionFailedException) return 'lost-race';
        throw error;
      }
    },
    invoke: (version, event) => invokeFunction(`${functionName}:${version}`, event, caller),
    ...(shifts && { shifts }),
  };
}

/** Published versions are numbers. An alias in tripcast never names `$LATEST`. */
function versionOf(text: string | undefined): number {
  const version = Number(text);
  if (Number.isInteger(version)) return version;
  throw new TripcastError(`${text} is not a published version`, 'Deploy the stack again.');
}

const messageOf = (answer: unknown) =>
  typeof answer === 'object' && answer !== null && 'errorMessage' in answer
    ? String(answer.errorMessage)
    : JSON.stringify(answer);
