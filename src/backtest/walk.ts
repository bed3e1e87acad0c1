import type { ModelCard } from '#model/card/card.ts';
import { monthsText } from '#model/card/html/format.ts';
import type { ModelFiles } from '#registry/registry.ts';
import { bestAfter, type SeenChampion, type Verdict } from '#registry/verdict.ts';
import type { Month } from '#trips/month.ts';
import type { PlannedMonth, PlannedPolicy, PlannedTraining } from './plan.ts';
import type { MonthFigures, MonthOutcome } from './result.ts';

/** The champion of the moment, as the gate looks it up. */
export interface Reign extends SeenChampion {
  /** The best champion so far, if that was an earlier one. */
  readonly best?: SeenChampion;
}

/** What a walk asks for; each answer depends on its arguments alone, so it can be kept. */
export interface WalkWork {
  /** The run that a training on these months makes. */
  trained(window: readonly Month[]): Promise<ModelFiles>;
  /** The gate's verdict on a run, against the champion of the moment. */
  judged(challenger: ModelFiles, reign: Reign | undefined): Promise<Verdict>;
  /** The champion on the rides of a month. @param newest the newest month that was published when it began */
  scored(champion: ModelFiles, month: Month, newest: Month): Promise<Scored>;
}

export interface Scored {
  readonly figures: MonthFigures;
  /** The months that the champion's intervals were fitted to; undefined if they are as in its training. */
  readonly recalibratedOn?: readonly Month[];
}

/** What a policy lived through, and the runs it trained. */
export interface Walked {
  readonly months: readonly MonthOutcome[];
  readonly trained: readonly ModelCard[];
}

interface Throne {
  readonly reign: Reign;
  readonly files: ModelFiles;
}

type Decided = Pick<MonthOutcome, 'decision' | 'why' | 'trained_on'> & {
  readonly throne: Throne | undefined;
  readonly challenger?: ModelFiles;
};

/**
 * Walks through the months as production would have lived them: at the start of each, a challenger may be trained on what was
 * published by then, and the gate promotes or refuses it; then the champion scores the month.
 * @param onMonth called before each month
 * @example
 * const { months } = await walkPolicy(planned, work, (month) => progress.update(done, month));
 * console.log(months.filter(({ decision }) => decision === 'refused').length);
 */
export async function walkPolicy(
  { months }: PlannedPolicy,
  work: WalkWork,
  onMonth: (month: Month) => void,
): Promise<Walked> {
  let throne: Throne | undefined;
  const outcomes: MonthOutcome[] = [];
  const trained: ModelCard[] = [];
  for (const planned of months) {
    onMonth(planned.month);
    const { throne: next, challenger, ...decided } = await decide(planned.training, throne, work);
    throne = next;
    if (challenger !== undefined) trained.push(challenger.card);
    outcomes.push({ month: planned.month, ...decided, ...(await reigned(planned, throne, work)) });
  }
  return { months: outcomes, trained };
}

async function decide(
  training: PlannedTraining | undefined,
  throne: Throne | undefined,
  work: WalkWork,
): Promise<Decided> {
  const unchanged = (why: readonly string[]): Decided => ({
    decision: throne === undefined ? 'no-champion' : 'kept',
    why: [...why],
    trained_on: null,
    throne,
  });
  if (training === undefined) return unchanged([]);
  const { window, missing } = training;
  if (missing.length > 0)
    return unchanged([`The data lacks ${missing.join(', ')}, and the window is ${monthsText(window)}`]);
  const challenger = await work.trained(window);
  const verdict = await work.judged(challenger, throne?.reign);
  const { run_id } = challenger.card;
  const trained_on = [...window];
  // Without a champion there is nothing to fall back on: a person would promote the first one whatever the gate says.
  if (throne === undefined) {
    const first: Throne = { reign: { run_id, sequence: 1 }, files: challenger };
    const why = verdict.reasons.map((reason) => `The gate would refuse it. ${reason}`);
    return { decision: 'first', why, trained_on, throne: first, challenger };
  }
  if (verdict.outcome !== 'passed')
    return { decision: 'refused', why: verdict.reasons, trained_on, throne, challenger };
  const best = bestAfter(verdict);
  const reign: Reign = { run_id, sequence: throne.reign.sequence + 1, ...(best && { best }) };
  return {
    decision: 'promoted',
    why: saidOfChampion(verdict),
    trained_on,
    throne: { reign, files: challenger },
    challenger,
  };
}

/** How the challenger compared with the champion, in the gate's words. */
const saidOfChampion = ({ checks }: Verdict): string[] =>
  checks.filter(({ check }) => check === 'champion').map(({ said }) => said);

async function reigned(
  { month, newest, isThere }: PlannedMonth,
  throne: Throne | undefined,
  work: WalkWork,
): Promise<Pick<MonthOutcome, 'champion' | 'recalibrated_on' | 'figures'>> {
  if (throne === undefined) return { champion: null, recalibrated_on: null, figures: null };
  const { card } = throne.files;
  const champion = { run_id: card.run_id, trained_on: card.train.months.map((each) => each.month) };
  if (!isThere) return { champion, recalibrated_on: null, figures: null };
  const { figures, recalibratedOn } = await work.scored(throne.files, month, newest);
  return { champion, recalibrated_on: recalibratedOn === undefined ? null : [...recalibratedOn], figures };
}
