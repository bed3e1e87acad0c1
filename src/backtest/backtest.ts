import { type Clock, isoTime } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { ModelCard } from '#model/card/card.ts';
import { monthsText } from '#model/card/html/format.ts';
import type { Engines, RecipeName } from '#model/recipes/recipe.ts';
import type { TrainingDatabase } from '#model/rides/training-rides.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { ModelFiles } from '#registry/registry.ts';
import { verdictSchema } from '#registry/verdict.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { RunId } from '#storage/run-id.ts';
import type { GateLimits } from '#training/gate.ts';
import { judgeRun } from '#training/gate-run.ts';
import { planTraining, type TrainingPlan, trainingRequestSchema } from '#training/training-job.ts';
import type { Month } from '#trips/month.ts';
import { Editions, refuseReplaced } from './editions.ts';
import { inParallel } from './in-parallel.ts';
import { KeptWork, runIdOf } from './kept-work.ts';
import { planWalk, type WalkRequest, windowsOf } from './plan.ts';
import { policyName } from './policy.ts';
import { recalibrateOn } from './recalibrate-on.ts';
import { type Backtest, monthFiguresSchema, type PolicyResult } from './result.ts';
import { scoreMonth } from './score-month.ts';
import { sharedMonths, summarize, takeawayOf } from './summary.ts';
import { type Reign, type Scored, type Walked, type WalkWork, walkPolicy } from './walk.ts';

export interface BacktestRequest extends WalkRequest {
  readonly recipe: RecipeName;
  readonly recalibrate: boolean;
}

/** A training to do: `sources` are the plan's months. */
export interface TrainingTask {
  readonly run: RunId;
  readonly plan: TrainingPlan;
  readonly sources: readonly RawMonth[];
  readonly codeVersion: string;
}

export interface BacktestDeps extends Pick<Engines, 'boosting'> {
  /** The months that there are, at least those of the walk. */
  readonly sources: readonly RawMonth[];
  /** Where finished work is kept. */
  readonly store: ObjectStore;
  /** Trains, best in a process of its own. */
  train(task: TrainingTask, how: { readonly signal: AbortSignal; onStep(step: string): void }): Promise<ModelFiles>;
  /** How many trainings may run at a time. */
  readonly atATime: number;
  /** An empty one. */
  openDatabase(): Promise<TrainingDatabase & AsyncDisposable>;
  readonly loadScorer: LoadScorer;
  readonly limits: GateLimits;
  /** Fingerprints of the code that decides what a model is, and of the gate's. */
  readonly code: { readonly model: string; readonly gate: string };
  /** Of the training function. */
  readonly dollarsPerSecond: number;
  readonly clock: Clock;
  /** @param step what is being done now; @param done of `total`: trainings first, then months */
  onProgress(phase: 'train' | 'walk', done: number, total: number, step: string): void;
}

/** Of the newest month in a window, for the gate. */
const HELD_OUT = 'last:7';

/**
 * Walks each policy through past months, and compares what they would have predicted.
 * @throws TripcastError when a policy cannot be tested on this data, or a month's file is replaced in the meantime
 * @example
 * const { policies, takeaway } = await backtest(request, deps);
 */
export async function backtest(request: BacktestRequest, deps: BacktestDeps): Promise<Backtest> {
  const { taxiType, from, to, late, recipe, recalibrate } = request;
  const planned = planWalk(request, new Set(deps.sources.map(({ month }) => month)));
  const editions = new Editions(deps.store, taxiType);
  const notes = await editions.published(deps.sources);
  const work = new Work(request, deps);
  await trainAll(windowsOf(planned), work, deps);
  const walked: (Walked & { readonly policy: string })[] = [];
  const total = planned.reduce((sum, { months }) => sum + months.length, 0);
  let done = 0;
  for (const each of planned) {
    const policy = policyName(each.policy);
    const onMonth = (month: Month) => deps.onProgress('walk', done++, total, `${policy}, ${month}`);
    walked.push({ policy, ...(await walkPolicy(each, work, onMonth)) });
  }
  await editions.settle(deps.sources);
  const shared = sharedMonths(walked);
  const policies = walked.map((each) => resultOf(each, shared, deps.dollarsPerSecond));
  return {
    schema_version: 1,
    taxi_type: taxiType,
    ...{ recipe, from, to, late, recalibrate, policies },
    takeaway: takeawayOf(policies),
    notes: [...notes],
    created_at: isoTime(deps.clock),
  };
}

/** Trainings depend on months alone, not on the gate: all of them are done first, some at a time. */
async function trainAll(windows: readonly (readonly Month[])[], work: Work, deps: BacktestDeps): Promise<void> {
  let done = 0;
  const said = (step: string) => deps.onProgress('train', done, windows.length, step);
  await inParallel(windows, deps.atATime, async (window, signal) => {
    const name = monthsText(window);
    said(name);
    await work.train(window, { signal, onStep: (step) => said(`${name}: ${step}`) });
    done += 1;
    said(name);
  });
}

/** The work of a walk, done or found. */
class Work implements WalkWork {
  readonly #request: BacktestRequest;
  readonly #deps: BacktestDeps;
  readonly #kept: KeptWork;

  constructor(request: BacktestRequest, deps: BacktestDeps) {
    this.#request = request;
    this.#deps = deps;
    this.#kept = new KeptWork(deps.store);
  }

  async train(window: readonly Month[], how: Parameters<BacktestDeps['train']>[1]): Promise<void> {
    const task = this.#task(window);
    if ((await this.#kept.run(task.run)) !== undefined) return;
    const files = await this.#deps.train(task, how);
    await refuseReplaced(task.sources);
    await this.#kept.keepRun(files);
  }

  async trained(window: readonly Month[]): Promise<ModelFiles> {
    const { run } = this.#task(window);
    return this.#readModel(run);
  }

  judged(challenger: ModelFiles, reign: Reign | undefined) {
    const { limits, code, loadScorer, boosting } = this.#deps;
    const { run_id, train } = challenger.card;
    const sources = this.#sourcesOf(train.months.map(({ month }) => month));
    const key = { code: code.gate, run_id, reign: reign ?? null, limits };
    return this.#kept.json('verdicts', key, verdictSchema, async () => {
      await using database = await this.#deps.openDatabase();
      const registry = {
        champion: async () => reign && { pointer: reign },
        readModel: (run: RunId) => this.#readModel(run),
      };
      const fetch = async (months: readonly Month[]) => sources.filter(({ month }) => months.includes(month));
      const verdict = await judgeRun(challenger, { registry, database, boosting, loadScorer, limits, fetch });
      await refuseReplaced(sources);
      return verdict;
    });
  }

  async scored({ card, model }: ModelFiles, month: Month, newest: Month): Promise<Scored> {
    const { code, loadScorer, openDatabase } = this.#deps;
    const { taxiType, recalibrate: isRecalibrated } = this.#request;
    const source = this.#sourceOf(month);
    const later = isRecalibrated ? this.#laterMonth(card, newest) : undefined;
    const files = { month, sha256: source.sha256, intervals: later?.sha256 ?? null };
    const key = { code: code.model, model: card.model.sha256, ...files };
    const figures = await this.#kept.json('figures', key, monthFiguresSchema, async () => {
      await using database = await openDatabase();
      const bytes =
        later === undefined ? model : await recalibrateOn(later, { card, model }, taxiType, { database, loadScorer });
      const scorer = await loadScorer(bytes);
      try {
        const measured = await scoreMonth(scorer, taxiType, source, database);
        await refuseReplaced(later === undefined ? [source] : [source, later]);
        return measured;
      } finally {
        await scorer.close();
      }
    });
    return { figures, ...(later && { recalibratedOn: [later.month] }) };
  }

  /** The newest published month that the data has, if the champion's trees have not seen it. */
  #laterMonth({ train }: ModelCard, newest: Month): RawMonth | undefined {
    const last =
      train.months
        .map(({ month }) => month)
        .toSorted()
        .at(-1) ?? newest;
    return this.#deps.sources
      .filter(({ month }) => last < month && month <= newest)
      .toSorted((a, b) => a.month.localeCompare(b.month))
      .at(-1);
  }

  #task(window: readonly Month[]): TrainingTask {
    const { recipe, taxiType } = this.#request;
    const request = { recipe, taxi_type: taxiType, months: [...window], validate: HELD_OUT };
    const plan = planTraining(trainingRequestSchema.parse(request), taxiType);
    const sources = this.#sourcesOf(window);
    const files = sources.map(({ month, sha256 }) => [month, sha256]);
    const code = this.#deps.code.model;
    // The recipe's parameters are code, too.
    return { run: runIdOf({ code, recipe, taxiType, files, validate: HELD_OUT }), plan, sources, codeVersion: code };
  }

  #sourceOf(month: Month): RawMonth {
    const [source] = this.#sourcesOf([month]);
    if (source === undefined) throw new Error(`The walk went into ${month}, which is not there.`);
    return source;
  }

  #sourcesOf(months: readonly Month[]): readonly RawMonth[] {
    return months.flatMap((month) => this.#deps.sources.find((source) => source.month === month) ?? []);
  }

  async #readModel(run: RunId): Promise<ModelFiles> {
    const files = await this.#kept.run(run);
    if (files !== undefined) return files;
    throw new TripcastError(`The kept run ${run} of the backtest is gone`, 'Run the backtest again: it is made anew.');
  }
}

function resultOf(
  { policy, months, trained }: Walked & { readonly policy: string },
  shared: ReadonlySet<Month>,
  dollarsPerSecond: number,
): PolicyResult {
  const count = (decision: string) => months.filter((each) => each.decision === decision).length;
  const seconds = trained.reduce((sum, card) => sum + card.seconds, 0);
  return {
    policy,
    months: [...months],
    trained: trained.length,
    promoted: count('promoted'),
    refused: count('refused'),
    seconds,
    dollars: seconds * dollarsPerSecond,
    all: summarize(months, shared),
  };
}
