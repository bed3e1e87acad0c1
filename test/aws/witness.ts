import { logLines } from '#adapters/logs.ts';
import { arnOf, type Bench, FUNCTION_ROLE, type Resources, type Site } from './probe.ts';
import { until } from './wait.ts';

const MARK = 'WITNESS ';

/**
 * A witness logs each event that it receives, which shows what any service delivered. MiniStack loses a line that arrives
 * over 50 ms after the answer, as happens on a busy machine: so the line gets a head start.
 */
const ECHO = 'return null;';

export interface WitnessOptions {
  /** JavaScript that the handler runs after logging `event`. Default: returns null. */
  readonly body?: string;
  readonly properties?: object;
}

/** A function with its log group; `heard` returns the events that it received. */
export function witness({ prefix }: Site, id: string, { body = ECHO, properties }: WitnessOptions = {}): Resources {
  const name = `${prefix}-${id}`;
  return {
    [`${id}Log`]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: `/aws/lambda/${name}`, RetentionInDays: 1 },
    },
    [id]: {
      Type: 'AWS::Lambda::Function',
      DependsOn: [`${id}Log`],
      Properties: {
        FunctionName: name,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: arnOf(FUNCTION_ROLE),
        MemorySize: 128,
        Timeout: 10,
        Code: {
          ZipFile: `exports.handler = async (event, context) => {
  console.log('${MARK}' + JSON.stringify(event));
  await new Promise((resolve) => setTimeout(resolve, 300));
  ${body}
};`,
        },
        ...properties,
      },
    },
  };
}

/** Lets a service invoke a witness. */
export const permission = (id: string, service: string): Resources => ({
  [`${id}Permission`]: {
    Type: 'AWS::Lambda::Permission',
    Properties: { FunctionName: arnOf(id), Action: 'lambda:InvokeFunction', Principal: service },
  },
});

/** The events that a witness has received, oldest first. */
export async function heard({ prefix }: Pick<Bench, 'prefix'>, id: string): Promise<readonly unknown[]> {
  const lines = await Array.fromAsync(logLines(`/aws/lambda/${prefix}-${id}`, { since: new Date(0) }));
  return lines
    .filter(({ text }) => text.includes(MARK))
    .map(({ text }) => JSON.parse(text.slice(text.indexOf(MARK) + MARK.length)));
}

/** Waits for events. @returns all of them */
export const hear = (bench: Bench, id: string, isEnough: (calls: readonly unknown[]) => boolean) =>
  until(bench, () => heard(bench, id), isEnough);
