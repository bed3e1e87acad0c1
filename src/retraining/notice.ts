import type { Month } from '#trips/month.ts';
import type { JudgedCandidate } from './choose.ts';
import type { RetrainingOutcome } from './outcome.ts';
import { JUDGED_ON_DAYS } from './plan.ts';

/** A message for people. SNS takes a subject of at most 100 ASCII characters. */
export interface Notice {
  readonly subject: string;
  readonly message: string;
}

/** Tells people what changed, by how much, and why the others did not win. */
export function noticeOf(outcome: RetrainingOutcome, env: string): Notice {
  const { status, taxi_type: type, month, reason, candidates, left_out, best } = outcome;
  const winner = candidates.find(({ name }) => name === best);
  const judged = candidates.map((each) => `- ${lineOf(each)}`);
  return {
    subject: `tripcast ${env}: ${type} ${month} retraining: ${SUBJECTS[status]}`,
    message: [
      headline(outcome, winner),
      `Why it started: ${reason}.`,
      ...(judged.length === 0
        ? []
        : ['', `Judged on the last ${JUDGED_ON_DAYS} days of ${month}, which none was trained on:`, ...judged]),
      ...(left_out.length === 0 ? [] : ['', 'Left out:', ...left_out.map(({ name, why }) => `- ${name}: ${why}`)]),
      '',
      ...next(outcome, winner, env),
    ].join('\n'),
  };
}

const SUBJECTS: Readonly<Record<RetrainingOutcome['status'], string>> = {
  promoted: 'new champion',
  registered: 'a run waits for your promotion',
  refused: 'nothing passed, nothing changed',
  'lost-race': 'another champion came first',
  'no-candidates': 'months are missing, nothing changed',
  failed: 'failed, nothing changed',
};

function headline({ status, taxi_type: type, month, champion }: RetrainingOutcome, winner?: JudgedCandidate): string {
  const named =
    winner === undefined ? '' : `the ${winner.name} (${rangeOfMonths(winner.months)}, run ${winner.run_id})`;
  switch (status) {
    case 'promoted':
      return `The new champion for ${type} taxis is ${named}${better(winner)}.`;
    case 'registered':
      return `The best candidate for ${type} taxis is ${named}${better(winner)}. It was not promoted, as configured.`;
    case 'refused':
      return `No candidate for ${type} taxis passed the gate, so the champion stays.`;
    case 'lost-race':
      return champion === null
        ? `Another run became champion for ${type} taxis while the candidates were trained, so none was promoted.`
        : `${champion.promoted_by} made ${champion.run_id} the champion for ${type} taxis meanwhile, so ${named} was not promoted.`;
    case 'no-candidates':
      return `Nothing could be trained for ${type} taxis up to ${month}, so the champion stays.`;
    case 'failed':
      return `Every candidate for ${type} taxis failed, so the champion stays.`;
  }
}

/** `, whose error of 4.05 min is 0.12 min below the old champion's` */
function better(winner: JudgedCandidate | undefined): string {
  if (winner?.rmse == null) return '';
  const error = `, whose RMSE is ${winner.rmse.toFixed(3)} min`;
  return winner.rmse_difference === null ? error : `${error}, ${compared(winner.rmse_difference)} the old champion's`;
}

function lineOf(each: JudgedCandidate): string {
  const { name, status, reasons, rmse, rmse_difference: difference, coverage_90: inside, run_id } = each;
  const error = rmse === null ? '' : `, RMSE ${rmse.toFixed(3)} min`;
  const against = difference === null ? '' : ` (${compared(difference)} the champion's)`;
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  const covered = inside === null ? '' : `, ${(inside * 100).toFixed(1)}% inside the 90% interval`;
  return `${name} (${rangeOfMonths(each.months)}${run_id === null ? '' : `, run ${run_id}`})${error}${against}${covered}: ${status}${why}`;
}

/** `0.120 min below` */
function compared(difference: number): string {
  const minutes = Math.abs(difference).toFixed(3);
  if (Number(minutes) === 0) return 'the same as';
  return `${minutes} min ${difference > 0 ? 'above' : 'below'}`;
}

/** `2023-02..2023-04` */
export const rangeOfMonths = (months: readonly Month[]): string =>
  months.length > 1 ? `${months[0]}..${months.at(-1)}` : months.join();

/** What to do now. */
function next({ status, taxi_type: type, month }: RetrainingOutcome, winner: JudgedCandidate | undefined, env: string) {
  const ofType = type === 'green' ? '' : ` --taxi-type ${type}`;
  switch (status) {
    case 'promoted':
      return [`See more: npx tripcast models show ${winner?.run_id} --env ${env}`];
    case 'registered':
      return [`Promote it: npx tripcast models promote ${winner?.run_id} --env ${env}`];
    case 'lost-race':
      return winner === undefined
        ? [`Try again: npx tripcast retrain --env ${env}${ofType}`]
        : [`Run the gate again: npx tripcast models promote ${winner.run_id} --gate --env ${env}`];
    case 'no-candidates':
      return [`Ingest what is missing: npx tripcast ingest --to ${month} --env ${env}${ofType} --from YYYY-MM`];
    default:
      return [`See more: npx tripcast models list --env ${env}`];
  }
}
