import { TripcastError } from '#errors.ts';
import { monthsText } from '#model/card/html/format.ts';
import { type Month, monthRange } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { MOST_POLICIES, newestPublished, type Policy, policyName, windowOf } from './policy.ts';

/** What to walk through. */
export interface WalkRequest {
  readonly taxiType: TaxiType;
  readonly from: Month;
  readonly to: Month;
  /** How many months after its end a month is published. */
  readonly late: number;
  readonly policies: readonly Policy[];
}

/** A training that a policy asks for at the start of a month. */
export interface PlannedTraining {
  /** The months to train on, oldest first. */
  readonly window: readonly Month[];
  /** Those that the data lacks; with any of them, there is no training. */
  readonly missing: readonly Month[];
}

/** A month of the walk as one policy meets it. */
export interface PlannedMonth {
  readonly month: Month;
  /** Whether the data has it, so that it can be scored. */
  readonly isThere: boolean;
  /** The newest month that was published when this one began. */
  readonly newest: Month;
  /** undefined = the policy does not train now. */
  readonly training?: PlannedTraining;
}

export interface PlannedPolicy {
  readonly policy: Policy;
  readonly months: readonly PlannedMonth[];
}

/** A chain of consequences is followed month by month; years of them are a typing error. */
const MOST_WALKED = 60;

/** @throws TripcastError when the request makes no sense, whatever the data is */
export function checkRequest({ from, to, policies }: WalkRequest): void {
  const months = monthRange(from, to);
  if (months.length > MOST_WALKED) {
    throw new TripcastError(`${from}..${to} has ${months.length} months`, `Walk through at most ${MOST_WALKED}.`);
  }
  if (policies.length === 0)
    throw new TripcastError('There is no policy to test', 'Give at least one: --policy fixed.');
  if (policies.length > MOST_POLICIES) {
    throw new TripcastError(`${policies.length} policies are too many for one chart`, `Give at most ${MOST_POLICIES}.`);
  }
  const names = policies.map(policyName);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new TripcastError(`The policy ${repeated} is given twice`, 'Give it once.');
}

/** All months that a walk may read, in order: those that it scores and those of the windows. */
export function monthsOfWalk({ from, to, late, policies }: WalkRequest): readonly Month[] {
  const first = policies.flatMap((policy) => windowOf(policy, from, late).slice(0, 1));
  return monthRange([from, ...first].toSorted()[0] ?? from, to);
}

/**
 * Lays out what each policy does in each month.
 * @param available the months that the data has
 * @throws TripcastError when no month can be scored, or when a policy could train in none of them
 * @example
 * const [fixed] = planWalk({ taxiType: 'green', from, to, late: 2, policies: [parsePolicy('fixed')] }, available);
 * console.log(fixed?.months[0]?.training?.window);
 */
export function planWalk(request: WalkRequest, available: ReadonlySet<Month>): readonly PlannedPolicy[] {
  const { from, to, late, taxiType } = request;
  const months = monthRange(from, to);
  if (!months.some((month) => available.has(month))) {
    const what = from === to ? `${from} is not in the data` : `None of the months ${from}..${to} is in the data`;
    throw new TripcastError(what, ingestFix(taxiType, from, to));
  }
  return request.policies.map((policy) => {
    const planned = months.map((month): PlannedMonth => {
      const isThere = available.has(month);
      const newest = newestPublished(month, late);
      if (policy.kind === 'fixed' && month !== from) return { month, isThere, newest };
      const window = windowOf(policy, month, late);
      return { month, isThere, newest, training: { window, missing: window.filter((each) => !available.has(each)) } };
    });
    refuseUntrainable(policy, planned, request);
    return { policy, months: planned };
  });
}

/** A policy that never has its whole window would walk without a champion. */
function refuseUntrainable(policy: Policy, planned: readonly PlannedMonth[], { taxiType }: WalkRequest): void {
  const trainings = planned.flatMap(({ training }) => training ?? []);
  if (trainings.some(({ missing }) => missing.length === 0)) return;
  const [closest] = trainings.toSorted((a, b) => a.missing.length - b.missing.length);
  const [first, last] = [closest?.missing[0], closest?.missing.at(-1)];
  if (closest === undefined || first === undefined || last === undefined) return;
  const [when, which] =
    policy.kind === 'fixed' ? ['before the walk', 'its'] : ['in any month of the walk', 'the closest'];
  throw new TripcastError(
    `${policyName(policy)} cannot train ${when}: ${which} window is ${monthsText(closest.window)}, and the data lacks ${closest.missing.join(', ')}`,
    `Give a shorter window or a later --from, or get the months. ${ingestFix(taxiType, first, last)}`,
  );
}

const ingestFix = (taxiType: TaxiType, from: Month, to: Month) =>
  `\`tripcast ingest --taxi-type ${taxiType} --from ${from} --to ${to}\` copies them into an environment's data bucket; for --data, put TLC's files into the folder.`;

/** The windows that can be trained, each once: policies share trainings. */
export function windowsOf(planned: readonly PlannedPolicy[]): readonly (readonly Month[])[] {
  const windows = planned
    .flatMap(({ months }) => months)
    .flatMap(({ training }) => (training?.missing.length === 0 ? [training.window] : []));
  return [...new Map(windows.map((window) => [window.join(), window])).values()];
}
