import {
  currentState,
  executionFailed,
  executionName,
  followExecution,
  startExecution,
} from '#adapters/step-functions.ts';
import { checkedInput } from '#function-input.ts';
import { type RetrainingOutcome, retrainingOutcomeSchema } from '#retraining/outcome.ts';
import { type PROMOTIONS, type RetrainingRequest, retrainingRequestSchema } from '#retraining/policy.ts';
import { addMonths, type Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { userName } from '../user-name.ts';
import { retrainingTable } from '../view/retraining-table.ts';
import type { Terminal } from '../view/terminal.ts';
import { checkUsage } from '../wrong-usage.ts';
import { mirrorToMlflow } from './models/sync.ts';

export interface RetrainOptions {
  readonly taxiType: TaxiType;
  /** The month to retrain in, as if it were this one. */
  readonly asOf?: Month;
  readonly windows?: readonly number[];
  readonly promote?: (typeof PROMOTIONS)[number];
  /** false with --no-wait. */
  readonly wait: boolean;
}

/** `tripcast retrain`: starts the retraining state machine, and follows it unless told not to wait. */
export async function retrain(options: RetrainOptions & CommonOptions, terminal: Terminal): Promise<void> {
  checkUsage(() => checkedInput(retrainingRequestSchema, requestOf(options, 0)));
  const to = await connect(options.env);
  const execution = await startExecution(to.output('RetrainingArn'), requestOf(options, to.config.retrain.late));
  if (!options.wait) {
    const where = `started, execution ${executionName(execution)}; a notice says what comes of it`;
    terminal.result({ execution }, () => where);
    return;
  }
  const outcome = await followRetraining(execution, options, terminal);
  terminal.result({ execution, ...outcome }, () => retrainingTable(outcome));
  await mirrorToMlflow(to, terminal);
  if (!DONE.includes(outcome.status)) process.exitCode = 1;
}

const DONE: readonly RetrainingOutcome['status'][] = ['promoted', 'registered', 'refused'];

async function followRetraining(
  execution: string,
  { taxiType }: RetrainOptions,
  terminal: Terminal,
): Promise<RetrainingOutcome> {
  const progress = terminal.progress(`retrain ${taxiType}`);
  const end = await followExecution(execution, async () =>
    progress.update(0, (await currentState(execution)) ?? 'starting'),
  );
  if (end.outcome === 'failed') throw executionFailed(execution, end, 'train');
  const outcome = retrainingOutcomeSchema.parse(end.output);
  progress.done(outcome.best === null ? outcome.status : `${outcome.status}, ${outcome.best}`);
  return outcome;
}

/** @param late how many months behind the calendar the newest published month is */
function requestOf(
  { taxiType, asOf, windows, promote }: RetrainOptions,
  late: Deployment['config']['retrain']['late'],
) {
  return {
    taxi_type: taxiType,
    ...(asOf !== undefined && { month: addMonths(asOf, -late) }),
    ...(windows !== undefined && { windows: [...windows] }),
    ...(promote !== undefined && { promote }),
    reason: `asked for by ${userName()}`,
  } satisfies RetrainingRequest;
}
