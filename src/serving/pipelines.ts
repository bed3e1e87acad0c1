import { z } from 'zod';

const stateBox = { name: z.string(), type: z.string(), next: z.array(z.string()) };
const innerSchema = z.object({ start: z.string(), states: z.array(z.object({ ...stateBox, each: z.null() })) });
const graphSchema = z.object({
  start: z.string(),
  states: z.array(z.object({ ...stateBox, each: innerSchema.nullable().describe('what a Map runs for each item') })),
});
const statusSchema = z.enum(['running', 'succeeded', 'failed']);

export const pipelinesSchema = z.object({
  pipelines: z.array(
    z.object({
      name: z.string(),
      graph: graphSchema,
      last: z
        .object({
          name: z.string(),
          status: statusSchema,
          started_at: z.iso.datetime(),
          ended_at: z.iso.datetime().nullable(),
          states: z.record(z.string(), statusSchema).describe('those that were reached'),
        })
        .nullable()
        .describe('the latest execution; null = there has been none'),
    }),
  ),
});
export type Pipelines = z.infer<typeof pipelinesSchema>;
export type Pipeline = Pipelines['pipelines'][number];
type Status = z.infer<typeof statusSchema>;
type InnerGraph = z.infer<typeof innerSchema>;

/** An execution as Step Functions reports it. */
export interface SeenExecution {
  readonly name: string;
  readonly status: string;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  /** Of its history, in order: a state was entered or left, or its work was tried or failed. */
  readonly events: readonly StateEvent[];
}

export interface StateEvent {
  readonly kind: 'entered' | 'exited' | 'tried' | 'failed';
  /** The state; undefined where the history names none: it is the one that was entered last. */
  readonly state: string | undefined;
}

/** A state machine and its last execution. @param definition Amazon States Language, as JSON */
export const pipelineOf = (name: string, definition: string, last: SeenExecution | undefined): Pipeline => ({
  name,
  graph: graphOf(definition),
  last:
    last === undefined
      ? null
      : {
          name: last.name,
          status: statusOf(last.status),
          started_at: last.startedAt.toISOString(),
          ended_at: last.endedAt?.toISOString() ?? null,
          states: statesOf(last),
        },
});

/** The parts of the states language that lead from one state to another. */
const aslStateSchema = z.object({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Choices: z.array(z.object({ Next: z.string() })).optional(),
  Catch: z.array(z.object({ Next: z.string() })).optional(),
});
const innerAslSchema = z.object({ StartAt: z.string(), States: z.record(z.string(), aslStateSchema) });
const aslSchema = z.object({
  StartAt: z.string(),
  States: z.record(z.string(), aslStateSchema.extend({ ItemProcessor: innerAslSchema.optional() })),
});

export function graphOf(definition: string): Pipeline['graph'] {
  const { StartAt, States } = aslSchema.parse(JSON.parse(definition));
  return {
    start: StartAt,
    states: Object.entries(States).map(([name, state]) => ({
      ...boxOf(name, state),
      each: state.ItemProcessor === undefined ? null : innerGraph(state.ItemProcessor),
    })),
  };
}

const innerGraph = ({ StartAt, States }: z.infer<typeof innerAslSchema>): InnerGraph => ({
  start: StartAt,
  states: Object.entries(States).map(([name, state]) => ({ ...boxOf(name, state), each: null })),
});

function boxOf(name: string, { Type, Next, Default, Choices = [], Catch = [] }: z.infer<typeof aslStateSchema>) {
  const next = [Next, ...Choices.map((choice) => choice.Next), Default, ...Catch.map((way) => way.Next)];
  return { name, type: Type, next: [...new Set(next.filter((each) => each !== undefined))] };
}

const ENDED: Readonly<Record<string, Status>> = {
  SUCCEEDED: 'succeeded',
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
};
const statusOf = (status: string): Status => ENDED[status] ?? 'failed';

/**
 * How far each state got. A Map runs its states many times at once: one that is still inside is running, and one that
 * failed and was caught has failed. A failure that was retried with success has not.
 */
function statesOf({ events, status }: SeenExecution): Record<string, Status> {
  const inside = new Map<string, number>();
  const failing = new Set<string>();
  const states: Record<string, Status> = {};
  let current: string | undefined;
  for (const { kind, state } of events) {
    const name = state ?? current;
    if (name === undefined) continue;
    if (kind === 'entered') {
      current = name;
      inside.set(name, (inside.get(name) ?? 0) + 1);
      states[name] = 'running';
    } else if (kind === 'tried') {
      failing.delete(name);
    } else if (kind === 'failed') {
      failing.add(name);
    } else {
      const left = (inside.get(name) ?? 1) - 1;
      inside.set(name, left);
      if (failing.has(name)) states[name] = 'failed';
      else if (states[name] !== 'failed') states[name] = left > 0 ? 'running' : 'succeeded';
    }
  }
  if (statusOf(status) === 'running') return states;
  // What an execution was in when it ended did not succeed.
  const last = statusOf(status) === 'failed' ? 'failed' : 'succeeded';
  return Object.fromEntries(Object.entries(states).map(([name, each]) => [name, each === 'running' ? last : each]));
}
