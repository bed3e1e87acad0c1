import {
  GetAliasCommand,
  InvokeCommand,
  LambdaClient,
  PreconditionFailedException,
  paginateListVersionsByFunction,
  ResourceNotFoundException,
  UpdateAliasCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { TripcastError } from '../errors.ts';
import type { LiveAlias, Version } from '../operations/rollout.ts';
import { clientOfPlace } from './client.ts';

const lambda = clientOfPlace(() => new LambdaClient({}));

/**
 * Calls a function (`name`, or `name:version`) with a JSON event and gives its answer.
 * @throws TripcastError with the function's own error
 */
export async function invokeFunction(name: string, event: unknown): Promise<unknown> {
  try {
    const { Payload, FunctionError } = await lambda().send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
    );
    const answer: unknown = JSON.parse(Payload?.transformToString() || 'null');
    if (FunctionError === undefined) return answer;
    throw new TripcastError(
      `${name} failed: ${messageOf(answer)}`,
      `See \`tripcast logs ${name.replace(/:.*$/, '')}\`.`,
    );
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new TripcastError(`There is no function ${name}`, 'Deploy it with `tripcast up` (dev) or `cdk deploy`.');
  }
}

/** Lets a function read its stream. */
export async function enableEventSource(id: string): Promise<void> {
  await lambda().send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: true }));
}

/** An alias of a function. */
export function lambdaAlias(functionName: string, alias: string): LiveAlias {
  const which = { FunctionName: functionName, Name: alias };
  return {
    async read() {
      const { FunctionVersion, RevisionId } = await lambda().send(new GetAliasCommand(which));
      return { version: versionOf(FunctionVersion), revision: RevisionId ?? '' };
    },
    async versions() {
      const found: Version[] = [];
      const pages = paginateListVersionsByFunction({ client: lambda() }, { FunctionName: functionName });
      for await (const { Versions = [] } of pages) {
        const published = Versions.filter(({ Version }) => Version !== '$LATEST');
        found.push(...published.map((each) => ({ number: versionOf(each.Version), madeAt: each.LastModified ?? '' })));
      }
      return found;
    },
    async move(version, revision) {
      try {
        await lambda().send(
          new UpdateAliasCommand({ ...which, FunctionVersion: String(version), RevisionId: revision }),
        );
        return 'moved';
      } catch (error) {
        if (error instanceof PreconditionFailedException) return 'lost-race';
        throw error;
      }
    },
    invoke: (version, event) => invokeFunction(`${functionName}:${version}`, event),
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
