import type { Registry } from '#registry/registry.ts';
import { filesOf } from '#registry/registry.ts';
import type { Verdict } from '#registry/verdict.ts';
import type { CandidateResult } from '#retraining/choose.ts';
import { planRetraining } from '#retraining/plan.ts';
import { type RetrainingRequest, type RetrainPolicy, retrainingRequestSchema } from '#retraining/policy.ts';
import { dataKeys } from '#storage/layout.ts';
import type { TrainingOutcome } from '#training/training-job.ts';
import { type Month, monthRange, parseMonth } from '#trips/month.ts';
import { aCard, runFiles } from './a-card.ts';
import { aRun } from './a-run.ts';
import type { MemoryStore } from './memory-store.ts';

const POLICY: RetrainPolicy = { recipe: 'zone-map', windows: [3, 9], late: 2, promote: 'best', recalibrate: false };
export const APRIL = parseMonth('2023-04');

/** Puts a file for each month, `2022-12..2023-04`. */
export async function ingest(data: MemoryStore, from: string, to: string): Promise<void> {
  for (const month of monthRange(parseMonth(from), parseMonth(to))) {
    await data.put(dataKeys.raw('green', month), `rides of ${month}`);
  }
}

/** Plans up to 2023-04, unless requested otherwise, on 2023-06-15. */
export const aPlan = (
  request: RetrainingRequest,
  { policy = {}, ...stores }: { registry: Registry; data: MemoryStore; policy?: Partial<RetrainPolicy> },
) =>
  planRetraining(retrainingRequestSchema.parse({ month: APRIL, reason: 'test', ...request }), {
    ...stores,
    policy: { ...POLICY, ...policy },
    defaultTaxiType: 'green',
    startedAt: new Date('2023-06-15T00:00:00Z'),
    timeZone: 'Africa/Cairo',
  });

/** The gate's verdict over the champion with that sequence number (run `a`); 0 = there was none. */
export function aVerdict(outcome: Verdict['outcome'], over: number, rmse = 6): Verdict {
  const champion = {
    run_id: aRun('a'),
    sequence: over,
    refitted: false,
    comparison: {
      rows: 1000,
      days: 7,
      a: { rmse, mae: 4 },
      b: { rmse: 6, mae: 4 },
      rmse_difference: rmse - 6,
      interval: null,
    },
  };
  const reasons = outcome === 'passed' ? [] : ['It is worse than the champion'];
  return { outcome, reasons, checks: [], champion: over === 0 ? null : champion };
}

/** What the states make of a candidate: a registered run with that error, judged over champion `over`. */
export async function aResult(
  registry: Registry,
  name: string,
  of: {
    readonly run: string;
    readonly months: readonly Month[];
    readonly outcome?: Verdict['outcome'];
    readonly over?: number;
    readonly rmse?: number;
  },
): Promise<CandidateResult & { readonly outcome: TrainingOutcome }> {
  const { outcome = 'passed', over = 0, rmse = 6, months } = of;
  const run_id = aRun(of.run);
  const gate = aVerdict(outcome, over, rmse);
  const { validation } = aCard();
  const files = filesOf(runFiles({ run_id, validation: { ...validation, rmse } }));
  await registry.folder(run_id).complete([...files, { name: 'gate.json', body: JSON.stringify(gate) }]);
  return {
    name,
    months: [...months],
    outcome: {
      run_id,
      recipe: 'zone-map',
      taxi_type: 'green',
      months: [...months],
      validation: { kind: 'last', month: APRIL, days: 7 },
      promote: true,
      promoted_by: 'retraining (test)',
      gate,
      sound: true,
      status: 'registered',
      model: 's3://models/model.onnx',
      champion: null,
    },
  };
}
