import {
  CodeArtifactUserPendingException,
  GetAliasCommand,
  InvokeCommand,
  type LambdaClient,
  PreconditionFailedException,
  ResourceConflictException,
  ResourceNotFoundException,
  ResourceNotReadyException,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { type Clock, systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { LiveAlias, TrafficShifts } from '#operations/rollout.ts';
import { onceAwake, WAKE_SECONDS } from '#operations/wake.ts';
import { lambdaClient, publishedVersions, versionNumber } from './lambda-client.ts';

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
  { client = lambdaClient(), clock = systemClock }: Caller = {},
): Promise<unknown> {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) });
  try {
    const { Payload, FunctionError } = await onceAwake(() => client.send(command), isAsleep, clock);
    const answer: unknown = JSON.parse(Payload?.transformToString() || 'null');
    if (FunctionError === undefined) return answer;
    throw new TripcastError(
      `${name} failed: ${messageOf(answer).replace(/\.$/, '')}`,
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
  const client = caller.client ?? lambdaClient();
  const which = { FunctionName: functionName, Name: alias };
  return {
    async read() {
      const { FunctionVersion, RevisionId } = await client.send(new GetAliasCommand(which));
      return { version: versionNumber(FunctionVersion), revision: RevisionId ?? '' };
    },
    versions: () => publishedVersions(functionName, client),
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

const messageOf = (answer: unknown) =>
  typeof answer === 'object' && answer !== null && 'errorMessage' in answer
    ? String(answer.errorMessage)
    : JSON.stringify(answer);
