import { chooseRun } from '#cli/choose-run.ts';
import { exitAsWanted, runPlanned } from '#cli/commands/train.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { userName } from '#cli/user-name.ts';
import type { Terminal } from '#cli/view/terminal.ts';
import { runJson, runSummary } from '#cli/view/train-summary.ts';
import { checkUsage } from '#cli/wrong-usage.ts';
import { checkedInput } from '#function-input.ts';
import { noRun } from '#registry/registry.ts';
import { planRecalibration, trainingRequestSchema, validationOf } from '#training/training-job.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { mirrorToMlflow } from './sync.ts';

export interface ModelsRecalibrateOptions {
  readonly run: string;
  /** Whose champion, when `run` is `champion`. */
  readonly taxiType: TaxiType;
  readonly months: readonly Month[];
  readonly validate?: string;
  readonly promote: boolean;
}

/** `tripcast models recalibrate`: a new run with the predictions of another, and intervals from later months. */
export async function modelsRecalibrate(
  options: ModelsRecalibrateOptions & CommonOptions,
  terminal: Terminal,
): Promise<void> {
  checkUsage(() => validationOf(options.validate, options.months));
  const to = await connect(options.env);
  const run = await recalibrateRun(to, options, terminal);
  terminal.result(runJson(run), () => runSummary(run));
  await mirrorToMlflow(to, terminal);
  exitAsWanted(run.outcome);
}

export async function recalibrateRun(to: Deployment, options: ModelsRecalibrateOptions, terminal: Terminal) {
  const { months, validate, promote } = options;
  const run = await chooseRun(to, options.run, options.taxiType);
  const original = await to.registry.card(run);
  if (original === undefined) throw noRun(run);
  const request = { recalibrate: run, months: [...months], validate, promote, promoted_by: userName() };
  const plan = planRecalibration(checkedInput(trainingRequestSchema, request), original);
  const label = `recalibrate ${run} on ${plan.taxi_type} ${plan.months.join(', ')}`;
  return runPlanned(to, { plan, request: { ...request, taxi_type: plan.taxi_type }, label }, terminal);
}
