import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type ExecutionEnd, followExecution, startExecution } from '#adapters/step-functions.ts';
import { CLONE } from '#setup/paths.mjs';
import { arnOf, type Bench, type Json, type Resources, type Site, STATES_ROLE } from '../probe.ts';

/** A JSONata state machine, like all of tripcast's. */
export function machine({ prefix }: Site, id: string, StartAt: string, States: object): Resources {
  return {
    [id]: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: `${prefix}-${id}`,
        RoleArn: arnOf(STATES_ROLE),
        DefinitionString: JSON.stringify({ QueryLanguage: 'JSONata', StartAt, States }),
      },
    },
  };
}

/** Invokes a witness. */
export const invoke = (site: Site, witnessId: string, more: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: `${site.prefix}-${witnessId}`, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
});

export interface Ran {
  readonly arn: string;
  readonly end: ExecutionEnd;
}

export async function run({ idOf, signal }: Bench, id: string, input: Json): Promise<Ran> {
  const arn = await startExecution(idOf(id), input);
  return { arn, end: await followExecution(arn, () => {}, signal) };
}

const json: z.ZodType<Json> = z.json();

/** The output of an execution, or how it failed. */
export async function outputOf(bench: Bench, id: string, input: Json): Promise<Json> {
  const { end } = await run(bench, id, input);
  return end.outcome === 'succeeded' ? json.parse(end.output) : `failed: ${end.error}: ${end.cause}`;
}

const definitionSchema = z.object({ States: z.record(z.string(), z.looseObject({})) });

/**
 * An expression from one of tripcast's own state machines, so that the probe tests what is deployed.
 * @param path to the property, starting below States: ['Plan', 'Arguments', 'Payload']
 */
export function deployedExpression(file: string, path: readonly string[]): string {
  const text = readFileSync(join(CLONE, 'stepfunctions', `${file}.asl.json`), 'utf8');
  let found: unknown = definitionSchema.parse(JSON.parse(text)).States;
  for (const name of path) found = found instanceof Object ? Reflect.get(found, name) : undefined;
  if (typeof found === 'string') return found;
  throw new Error(`${file}.asl.json has no expression at ${path.join('.')}.`);
}
