import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { followExecution, startExecution } from '#adapters/step-functions.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { modelsCompare } from '#cli/commands/models/compare.ts';
import { listRuns } from '#cli/commands/models/list.ts';
import { modelsPromote } from '#cli/commands/models/promote.ts';
import { modelsRollback } from '#cli/commands/models/rollback.ts';
import { showRun } from '#cli/commands/models/show.ts';
import { runTraining, trainAndRegister } from '#cli/commands/train.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { promoteRun } from '#registry/promotion.ts';
import { dataKeys, modelKeys } from '#storage/layout.ts';
import { trainingOutcomeSchema } from '#training/training-job.ts';
import { parseMonth, parseMonths } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { realMonth } from '../support/tlc-files.ts';

// On an emulator that enforces IAM: every step has just the rights of its own role. The rides are green ones under yellow's
// name, so that these champions and those of the other tests on the same emulator keep out of each other's way.

const terminal = silentTerminal();
const MARCH = { recipe: 'linear-pair', taxiType: 'yellow', train: parseMonths('2023-03'), local: false } as const;
let to: Deployment;

beforeAll(async () => {
  to = await connect('dev');
  for (const month of ['2023-01', '2023-02', '2023-03', '2023-04']) await ingestAs(month, month);
});

const champion = async () => (await to.registry.champion('yellow'))?.pointer;

describe('the training state machine', () => {
  test('trains, gates, registers and promotes the first champion with nobody following it', async () => {
    const arn = await startExecution(to.output('TrainingArn'), {
      recipe: 'linear-pair',
      taxi_type: 'yellow',
      train: { from: '2023-03', to: '2023-03' },
      promote: true,
    });
    const end = await followExecution(arn, () => {});
    expect(end.outcome === 'failed' ? end : 'succeeded').toBe('succeeded');
    const outcome = trainingOutcomeSchema.parse(end.outcome === 'succeeded' ? end.output : undefined);
    expect(outcome).toMatchObject({
      status: 'promoted',
      gate: { outcome: 'passed', reasons: [], champion: null },
      champion: { sequence: 1, run_id: outcome.run_id, promoted_by: 'training state machine' },
    });
    expect((await champion())?.run_id).toBe(outcome.run_id);
    const card = await to.registry.card(outcome.run_id);
    expect(card?.validation.rmse).toBeCloseTo(6.2212029, 6);
    expect((await to.registry.verdict(outcome.run_id))?.outcome).toBe('passed');
  });

  test('followed by `tripcast train`, registers a run without promoting it unless asked to', async () => {
    const before = await champion();
    const { outcome, card, model } = await runTraining(
      to,
      { ...MARCH, validate: 'split:0.2', promote: false },
      terminal,
    );
    expect(outcome.status).toBe('registered');
    expect(model).toBe(to.registry.uri(card.run_id, 'model.onnx'));
    expect(card.validation).toMatchObject({ kind: 'split', month: null });
    // The champion learnt from the held out rides: its recipe was fitted again without them.
    expect(outcome.gate.champion).toMatchObject({ run_id: before?.run_id, refitted: true });
    expect(await champion()).toEqual(before);
  });

  test('refuses to promote a run of shuffled labels and few rides, gives the reasons, and keeps the run for inspection', async () => {
    const before = await champion();
    await ingestAs('2022-12', '2023-01', 4000, SHUFFLED);
    const options = { ...MARCH, train: parseMonths('2022-12'), validate: '2023-04', promote: true };
    const { outcome, card } = await runTraining(to, options, terminal);
    expect(outcome.status).toBe('refused');
    expect(outcome.gate.reasons.join('\n')).toMatch(
      /rides are left after cleaning; at least 5000.*R2 .*RMSE .* the champion/s,
    );
    expect(await champion()).toEqual(before);
    expect(await showRun(to, { run: card.run_id, taxiType: 'yellow' })).toMatchObject({
      champion: false,
      gate: { outcome: 'refused' },
      promotions: [],
    });
    await expect(trainAndRegister(to, options, terminal)).rejects.toThrow(/was not promoted \(refused\): .*5000/);
  });

  test('fails and says what to do when a month is not in the bucket', async () => {
    const training = runTraining(to, { ...MARCH, train: parseMonths('2019-07'), promote: false }, terminal);
    await expect(training).rejects.toThrow(/months are not in the data bucket: 2019-07, 2019-08.*tripcast ingest/s);
  });
});

describe('the registry', () => {
  test('promotes a run that passed the gate, refuses one that did not, and rolls back', async () => {
    const first = await champion();
    const { card } = await runTraining(
      to,
      { ...MARCH, train: parseMonths('2023-02..2023-03'), promote: false },
      terminal,
    );
    await modelsPromote({ run: card.run_id, force: false, env: 'dev', json: true }, terminal);
    expect(terminal.last).toMatchObject({ status: 'promoted', champion: { sequence: 2, run_id: card.run_id } });

    const refused = (await listRuns(to, 'yellow')).find(({ gate }) => gate === 'refused');
    await modelsPromote({ run: refused?.run_id ?? '', force: false, env: 'dev', json: true }, terminal);
    expect(terminal.last).toMatchObject({ status: 'refused', reasons: expect.arrayContaining([expect.any(String)]) });
    expect(process.exitCode).toBe(1);
    process.exitCode = undefined;

    await modelsRollback({ taxiType: 'yellow', env: 'dev', json: true }, terminal);
    expect(terminal.last).toMatchObject({
      status: 'promoted',
      run_id: first?.run_id,
      champion: { sequence: 3, previous_run_id: card.run_id, rolled_back_run_id: card.run_id },
    });
    expect((await listRuns(to, 'yellow')).filter((run) => run.champion).map(({ run_id }) => run_id)).toEqual([
      first?.run_id,
    ]);

    // What the gate said was about champion #1; now #3 is the champion, and the gate is asked again.
    await modelsPromote({ run: card.run_id, force: false, env: 'dev', json: true }, terminal);
    expect(terminal.last).toMatchObject({ status: 'refused', reasons: [expect.stringContaining('champion #3')] });
    expect(process.exitCode).toBe(1);
    process.exitCode = undefined;
    await modelsPromote({ run: card.run_id, gate: true, force: false, env: 'dev', json: true }, terminal);
    expect(terminal.last).toMatchObject({ status: 'promoted', champion: { sequence: 4, run_id: card.run_id } });
    expect(await showRun(to, { run: card.run_id, taxiType: 'yellow' })).toMatchObject({
      champion: true,
      gate: { outcome: 'passed', champion: { sequence: 3, run_id: first?.run_id } },
      gate_counts: true,
    });
  });

  test('compares two runs on one month', async () => {
    const [newest, ...others] = (await listRuns(to, 'yellow')).filter(({ gate }) => gate === 'passed');
    const oldest = others.at(-1);
    const runs = { a: newest?.run_id ?? '', b: oldest?.run_id ?? '', month: parseMonth('2023-04') };
    await modelsCompare({ ...runs, taxiType: 'yellow', env: 'dev', json: true }, terminal);
    expect(terminal.last).toMatchObject({
      month: '2023-04',
      rows: 62_979,
      comparable: true,
      b: { run_id: oldest?.run_id, evaluation: 'after-training' },
    });
    const { b, interval } = terminal.last as { b: { rmse: number }; interval: [number, number] };
    expect(b.rmse).toBeCloseTo(6.2212029, 6);
    expect(interval[0]).toBeLessThan(interval[1]);
  });

  test('lets one of two simultaneous promotions win on S3, and tells the other who won', async () => {
    const { loadScorer } = await import('#adapters/onnxruntime.ts');
    const runs = (await listRuns(to, 'yellow')).filter((run) => !run.champion).slice(0, 2);
    const over = (await champion())?.sequence ?? 0;
    const outcomes = await Promise.all(
      runs.map(({ run_id }, i) =>
        promoteRun(to.registry, run_id, { loadScorer, by: `racer ${i}`, at: new Date(), over, force: true }),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['lost-race', 'moved']);
    const lost = outcomes.find(({ outcome }) => outcome === 'lost-race');
    expect(lost).toMatchObject({ winner: { promoted_by: (await champion())?.promoted_by } });
    expect((await champion())?.sequence).toBe(over + 1);
    const stored = await to.models.get(modelKeys.history(to.config.model.registeredModels.yellow, over + 2));
    expect(stored).toBeUndefined();
  });
});

const SHUFFLED = `SELECT a.* EXCLUDE (i) REPLACE
    (a.tpep_pickup_datetime + (b.tpep_dropoff_datetime - b.tpep_pickup_datetime) AS tpep_dropoff_datetime)
  FROM (SELECT *, row_number() OVER () AS i FROM month) a
  JOIN (SELECT *, row_number() OVER (ORDER BY md5(rowid::VARCHAR)) AS i FROM month) b USING (i)`;

/** Puts the first rides of a real month into the bucket as another month, the way a query makes them. */
async function ingestAs(month: string, real: string, rows = 1e9, query = 'SELECT * FROM month'): Promise<void> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const file = join(folder.path, 'month.parquet');
  const yellow =
    'RENAME (lpep_pickup_datetime AS tpep_pickup_datetime, lpep_dropoff_datetime AS tpep_dropoff_datetime)';
  const rides = `SELECT * ${yellow} FROM read_parquet(${sqlText(realMonth(real))}) LIMIT ${rows}`;
  await database.run(`CREATE TEMP TABLE month AS ${rides}`);
  await database.run(`COPY (${query}) TO ${sqlText(file)} (FORMAT parquet)`);
  await to.data.upload(file, dataKeys.raw('yellow', parseMonth(month)));
}
