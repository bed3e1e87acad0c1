import { beforeEach, describe, expect, test } from 'vitest';
import { backfillRequestSchema, planBackfill } from '#batch/plan.ts';
import { Registry } from '#registry/registry.ts';
import { retrainingRequestSchema } from '#retraining/policy.ts';
import { dataKeys } from '#storage/layout.ts';
import { planTraining, trainingRequestSchema } from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { APRIL, aPlan, ingest } from '../../support/a-retraining.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const seen = (month: string) => ({ month: parseMonth(month), sha256: '0'.repeat(64), rows_read: 3, rows: 2 });

let data: MemoryStore;
let registry: Registry;
beforeEach(() => {
  data = new MemoryStore('data');
  registry = new Registry(new MemoryStore('models'), NAMES);
});

describe('planning a retraining', () => {
  test('makes one candidate for each window, all judged on the last week of the newest month', async () => {
    await ingest(data, '2022-08', '2023-04');
    const { candidates, left_out, editions } = await aPlan({ reason: 'harm in 2023-04' }, { data, registry });
    expect(left_out).toEqual([]);
    expect(Object.keys(editions)).toHaveLength(9);
    const plans = candidates.map(({ training }) => planTraining(trainingRequestSchema.parse(training), 'yellow'));
    expect(plans.map(({ months }) => `${months[0]}..${months.at(-1)}`)).toEqual([
      '2023-02..2023-04',
      '2022-08..2023-04',
    ]);
    for (const plan of plans) {
      expect(plan).toMatchObject({
        recipe: 'zone-map',
        taxi_type: 'green',
        validation: { kind: 'last', month: '2023-04', days: 7 },
        promote: true,
        promoted_by: 'retraining (harm in 2023-04)',
      });
    }
  });

  test('leaves out a window with a missing month, and says which', async () => {
    await ingest(data, '2022-08', '2023-04');
    data.objects.delete(dataKeys.raw('green', parseMonth('2023-02')));
    const { candidates, left_out } = await aPlan({ windows: [2, 3, 9] }, { data, registry });
    expect(candidates.map(({ name }) => name)).toEqual(['window of 2 months']);
    expect(left_out).toEqual([
      { name: 'window of 3 months', why: '2023-02 is not in the data bucket' },
      { name: 'window of 9 months', why: '2023-02 is not in the data bucket' },
    ]);
  });

  test('leaves out a window that is longer than the data', async () => {
    await ingest(data, '2022-11', '2023-04');
    const { candidates, left_out } = await aPlan({}, { data, registry });
    expect(candidates).toHaveLength(1);
    expect(left_out).toEqual([
      { name: 'window of 9 months', why: '2022-08, 2022-09, 2022-10 are not in the data bucket' },
    ]);
  });

  test('has no candidate if the newest month is missing', async () => {
    await ingest(data, '2022-08', '2023-03');
    const { candidates, left_out } = await aPlan({}, { data, registry });
    expect(candidates).toEqual([]);
    expect(left_out).toHaveLength(2);
  });

  test('takes the month that should be published by now, unless one was named', async () => {
    // On 15 June, two months late: April.
    expect((await aPlan({ month: null }, { data, registry })).month).toBe('2023-04');
    expect((await aPlan({ month: null }, { data, registry, policy: { late: 1 } })).month).toBe('2023-05');
    expect((await aPlan({ month: APRIL }, { data, registry, policy: { late: 1 } })).month).toBe('2023-04');
  });

  test('is about the champion of now', async () => {
    await ingest(data, '2023-02', '2023-04');
    expect((await aPlan({}, { data, registry })).over).toBe(0);
    await registry.register(runFiles());
    await registry.promote(aRun('a'), 'ada', new Date());
    expect((await aPlan({}, { data, registry })).over).toBe(1);
  });

  describe('with a recalibration', () => {
    const policy = { recalibrate: true };
    const lastOf = async () => {
      const { candidates, left_out } = await aPlan({}, { data, registry, policy });
      return [candidates.at(-1), left_out.at(-1)];
    };
    /** Trained on 2023-01..03. */
    const crown = async (changes: Parameters<typeof runFiles>[0] = {}) => {
      await registry.register(runFiles(changes));
      await registry.promote(aRun('a'), 'ada', new Date());
    };

    test('makes new intervals for the champion from the months of the shortest window that it has not seen', async () => {
      await ingest(data, '2022-08', '2023-04');
      await crown();
      const [candidate] = await lastOf();
      expect(candidate).toMatchObject({ name: 'recalibration', months: ['2023-04'] });
      expect(trainingRequestSchema.parse(candidate && 'training' in candidate && candidate.training)).toMatchObject({
        recalibrate: aRun('a'),
        months: ['2023-04'],
        validate: 'last:7',
      });
    });

    test('leaves it out without a champion, without the month, and if the champion has seen the month', async () => {
      await ingest(data, '2022-08', '2023-03');
      expect((await lastOf())[1]).toEqual({ name: 'recalibration', why: 'there is no champion yet' });
      await crown({ recalibrates: { run_id: aRun('9'), months: [seen('2023-04')], rows: 2 } });
      const why = 'the champion was made from rides of 2023-04 already';
      expect((await lastOf())[1]).toEqual({ name: 'recalibration', why });
      await registry.register(runFiles({ run_id: aRun('b') }));
      await registry.promote(aRun('b'), 'ada', new Date());
      expect((await lastOf())[1]).toEqual({ name: 'recalibration', why: '2023-04 is not in the data bucket' });
    });
  });

  test('promotes nothing if the policy or the request says so', async () => {
    await ingest(data, '2023-02', '2023-04');
    const promotesOf = async (...args: Parameters<typeof aPlan>) => {
      const { promote, candidates } = await aPlan(...args);
      return [promote, candidates[0]?.training.promote];
    };
    expect(await promotesOf({}, { data, registry })).toEqual(['best', true]);
    expect(await promotesOf({ promote: 'never' }, { data, registry })).toEqual(['never', false]);
    expect(await promotesOf({}, { data, registry, policy: { promote: 'never' } })).toEqual(['never', false]);
  });

  test.each([{ windows: [] }, { windows: [0] }, { windows: [37] }, { promote: 'always' }, { months: 3 }])(
    'refuses the request %j',
    (request) => {
      expect(retrainingRequestSchema.safeParse(request).success).toBe(false);
    },
  );
});

test('a backfill that is planned before a promotion scores all its months with the champion of then', async () => {
  await registry.register(runFiles());
  await registry.register(runFiles({ run_id: aRun('b') }));
  await registry.promote(aRun('a'), 'ada', new Date());
  const deps = { data, registry, defaultTaxiType: 'green', timeZone: 'UTC', monthsBack: 1, lookBackMonths: 0 } as const;
  const { months } = await planBackfill(backfillRequestSchema.parse({ from: '2022-01', to: '2022-03' }), deps);
  await registry.promote(aRun('b'), 'retraining (test)', new Date());
  // Each job names its run: state Score looks up no champion.
  expect(months.map(({ month, run_id }) => [month, run_id])).toEqual([
    ['2022-01', aRun('a')],
    ['2022-02', aRun('a')],
    ['2022-03', aRun('a')],
  ]);
});
