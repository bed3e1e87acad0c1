import {
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { TripcastError } from '../errors.ts';

let client: LambdaClient | undefined;
const lambda = () => (client ??= new LambdaClient({}));

/** Calls a function with a JSON event and gives its answer. @throws TripcastError with the function's own error */
export async function invokeFunction(name: string, event: unknown): Promise<unknown> {
  try {
    const { Payload, FunctionError } = await lambda().send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
    );
    const answer: unknown = JSON.parse(Payload?.transformToString() || 'null');
    if (FunctionError === undefined) return answer;
    throw new TripcastError(`${name} failed: ${messageOf(answer)}`, `See \`tripcast logs ${name}\`.`);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new TripcastError(`There is no function ${name}`, 'Deploy it with `tripcast up` (dev) or `cdk deploy`.');
  }
}

/** Lets a function read its stream. */
export async function enableEventSource(id: string): Promise<void> {
  await lambda().send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: true }));
}

const messageOf = (answer: unknown) =>
  typeof answer === 'object' && answer !== null && 'errorMessage' in answer
    ? String(answer.errorMessage)
    : JSON.stringify(answer);
