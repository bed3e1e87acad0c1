import { describe, expect, test } from 'vitest';
import { MlflowClient } from '#adapters/mlflow.ts';
import { TransientError, TripcastError } from '#errors.ts';
import { findRun, mlflowIdsOf } from '#mlflow/ids.ts';
import { syncMlflow } from '#mlflow/mirror.ts';
import { Registry } from '#registry/registry.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { type AMlflow, aMlflow, type Trouble } from '../../support/a-mlflow.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** Apart from the addresses: a commit with one in an address is refused, as it should be. */
const PASSWORD = 's3cret';

const GREEN = NAMES.registeredModels.green;
const NOW = new Date('2023-05-02T00:00:00Z');

/** A registry with runs a and b, b the champion, and a server that has never heard of them. */
async function aRegistryAndAServer() {
  const store = new MemoryStore();
  const registry = new Registry(store, NAMES);
  await registry.register(runFiles({ run_id: aRun('a'), created_at: '2023-05-01T00:00:00.000Z', seconds: 1.2345 }));
  await registry.register(runFiles({ run_id: aRun('b'), created_at: '2023-05-01T01:00:00.000Z' }));
  await registry.promote(aRun('b'), 'ana', NOW);
  const server = await aMlflow();
  const mlflow = new MlflowClient({ url: server.url, timeoutMs: 2000, firstWaitMs: 1 });
  const sync = () => syncMlflow({ mlflow, registry, store, names: NAMES, user: 'ana' });
  return { store, registry, server, sync };
}

const tagsOf = ({ data }: AMlflow['runs'][number]) =>
  Object.fromEntries(data.tags.map(({ key, value }) => [key, value]));

describe('a run in MLflow', () => {
  test('has the tags, params, figures and data that the card has, and is finished', async () => {
    const { server, sync } = await aRegistryAndAServer();
    await sync();
    const [run] = server.runs;
    if (run === undefined) throw new Error('No run was created.');
    expect(run.info.status).toBe('FINISHED');
    expect(tagsOf(run)).toMatchObject({
      'tripcast.run_id': aRun('a'),
      'mlflow.user': 'ana',
      'mlflow.source.name': 'tripcast train',
    });
    expect(run.params).toContainEqual({ key: 'train_months', value: '2023-01, 2023-02, 2023-03' });
    const figures = Object.fromEntries(run.metrics.map(({ key, value }) => [key, value]));
    expect(figures).toMatchObject({ rmse: 6, mae: 4, coverage_90: 0.9, 'typical_distance.rmse': 6, 'train.rows': 6 });
    expect(run.inputs.map(({ tags, dataset }) => [tags[0]?.value, dataset.name, dataset.digest])).toEqual([
      ['training', 'green_tripdata_2023-01.parquet', '0'.repeat(36)],
      ['training', 'green_tripdata_2023-02.parquet', '0'.repeat(36)],
      ['training', 'green_tripdata_2023-03.parquet', '0'.repeat(36)],
      ['validation', 'green_tripdata_2023-04.parquet', '1'.repeat(36)],
    ]);
    expect(run.inputs.map(({ dataset }) => JSON.parse(dataset.source ?? '').sha256)[3]).toBe('1'.repeat(64));
  });

  test('has the errors of every boosting round, at its round', async () => {
    const { store, server, sync } = await aRegistryAndAServer();
    const rounds = [
      { round: 1, train: 9.5, validation: 9.75 },
      { round: 2, train: 7.5, validation: 8 },
    ];
    await store.put(`${NAMES.experiment}/${aRun('a')}/artifacts/model/rounds.json`, JSON.stringify(rounds));
    await sync();
    const logged = server.runs[0]?.metrics.filter(({ key }) => key === 'round.validation_rmse');
    expect(logged).toMatchObject([
      { step: 1, value: 9.75 },
      { step: 2, value: 8 },
    ]);
  });

  test('is a version whose source is the folder of the run, and shows its files', async () => {
    const { store, server, sync } = await aRegistryAndAServer();
    await sync();
    expect(server.versions.map(({ source }) => source)).toEqual(
      ['a', 'b'].map((digit) => `s3://memory/${NAMES.experiment}/${aRun(digit)}/artifacts/model`),
    );
    expect(store.text(`mlflow/${server.runs[0]?.info.run_id}/artifacts/model/model.onnx`)).toBe('an ONNX file');
  });

  test('is found by its id there, as by its own', async () => {
    const { store, registry, server, sync } = await aRegistryAndAServer();
    await sync();
    const theirs = server.runs[1]?.info.run_id ?? '';
    expect(await findRun(registry, store, NAMES, theirs)).toBe(aRun('b'));
    expect(await findRun(registry, store, NAMES, aRun('b'))).toBe(aRun('b'));
    expect(await mlflowIdsOf(store, NAMES.experiment, aRun('b'))).toEqual([theirs]);
    await expect(findRun(registry, store, NAMES, 'c'.repeat(32))).rejects.toThrow('There is no completed run ccc');
    await expect(findRun(registry, store, NAMES, 'latest')).rejects.toThrow('"latest" is not a run id');
  });
});

describe('a sync', () => {
  test('leaves out a run that was never completed', async () => {
    const { store, server, sync } = await aRegistryAndAServer();
    await store.put(`${NAMES.experiment}/${aRun('c')}/artifacts/model/model.onnx`, 'half a run');
    await sync();
    expect(server.runs.map((run) => tagsOf(run)['tripcast.run_id'])).toEqual([aRun('a'), aRun('b')]);
  });

  test('does nothing the second time', async () => {
    const { store, registry, server, sync } = await aRegistryAndAServer();
    await registry.register(runFiles({ run_id: aRun('d'), created_at: '2023-05-01T02:00:00.000Z' })); // a second page
    expect(await sync()).toMatchObject({ present: 0, champions: [{ version: '2', moved: true }] });
    const objects = new Map(store.objects);
    server.calls.length = 0;
    expect(await sync()).toMatchObject({ mirrored: [], present: 3, champions: [{ version: '2', moved: false }] });
    expect(server.calls.filter((call) => /create|log|update/.test(call))).toEqual([]);
    expect(store.objects).toEqual(objects);
  });

  test('moves the champion to where the registry has it', async () => {
    const { registry, server, sync } = await aRegistryAndAServer();
    await sync();
    expect(server.aliases.get(GREEN)).toBe('2');
    await registry.promote(aRun('a'), 'ana', NOW);
    expect(await sync()).toMatchObject({ champions: [{ run_id: aRun('a'), version: '1', moved: true }] });
    expect(server.aliases.get(GREEN)).toBe('1');
  });

  test('of nothing is nothing', async () => {
    const server = await aMlflow();
    const store = new MemoryStore();
    const mlflow = new MlflowClient({ url: server.url });
    const report = await syncMlflow({ mlflow, registry: new Registry(store, NAMES), store, names: NAMES, user: 'ana' });
    expect(report).toMatchObject({ mirrored: [], present: 0, champions: [] });
  });
});

describe('MLflow that fails', () => {
  const CALLS = [
    'experiments/create',
    'runs/search',
    'runs/create',
    'runs/log-batch',
    'runs/log-inputs',
    'registered-models/create',
    'model-versions/search',
    'model-versions/create',
    'runs/update',
    'registered-models/alias',
  ];

  test.each(CALLS.flatMap((call) => (['hang-up', 'late', 500] as const).map((how) => [call, how] as const)))(
    'at %s (%s) is told, and the next sync completes what it left, nothing twice',
    async (call, how) => {
      const { server, sync } = await aRegistryAndAServer();
      const trouble: Trouble = how === 500 ? { status: 500, body: 'Internal Server Error' } : how;
      server.trouble = (asked) => (asked === call ? trouble : undefined);
      await expect(sync()).rejects.toBeInstanceOf(TransientError);
      server.trouble = () => undefined;
      await sync();
      expect(server.runs.map((run) => [tagsOf(run)['tripcast.run_id'], run.info.status])).toEqual([
        [aRun('a'), 'FINISHED'],
        [aRun('b'), 'FINISHED'],
      ]);
      expect(server.versions).toHaveLength(2);
      expect(server.aliases.get(GREEN)).toBe('2');
      for (const { params, metrics, inputs } of server.runs) {
        expect([params.length, metrics.length, inputs.length].every((length) => length > 0)).toBe(true);
      }
    },
  );

  test('once is retried silently', async () => {
    const { server, sync } = await aRegistryAndAServer();
    let failures = 0;
    server.trouble = (call) => (call === 'runs/log-batch' && failures++ === 0 ? { status: 503 } : undefined);
    expect(await sync()).toMatchObject({ mirrored: [{ run_id: aRun('a') }, { run_id: aRun('b') }] });
  });

  test('is asked three times, and no run is created twice by asking', async () => {
    const { server, sync } = await aRegistryAndAServer();
    server.trouble = (call) => (call === 'runs/search' ? { status: 500 } : undefined);
    await expect(sync()).rejects.toThrow(/answered 500 to runs\/search.*models sync/s);
    expect(server.calls.filter((call) => call === 'runs/search')).toHaveLength(3);
    server.trouble = (call) => (call === 'runs/create' ? 'late' : undefined);
    await expect(sync()).rejects.toThrow('cannot be reached');
    expect(server.runs).toHaveLength(1);
  });

  test('by refusing says what and why, and is not asked again', async () => {
    const { server, sync } = await aRegistryAndAServer();
    const body = JSON.stringify({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Changing param values is not allowed',
    });
    server.trouble = (call) => (call === 'runs/log-batch' ? { status: 400, body } : undefined);
    await expect(sync()).rejects.toThrow(/400 to runs\/log-batch \(INVALID_PARAMETER_VALUE: Changing param/);
    expect(server.calls.filter((call) => call === 'runs/log-batch')).toHaveLength(1);
  });

  test('by not being MLflow is distinguished from MLflow', async () => {
    const { server, sync } = await aRegistryAndAServer();
    server.trouble = () => ({ status: 200, body: '<html>Sign in</html>' });
    await expect(sync()).rejects.toThrow(/is not an MLflow server \("<html>Sign in<\/html>"\).*MLFLOW_TRACKING_URI/s);
  });

  test('by not being there is given up on', async () => {
    const { registry, store } = await aRegistryAndAServer();
    const mlflow = new MlflowClient({ url: 'http://127.0.0.1:1', firstWaitMs: 1 });
    await expect(syncMlflow({ mlflow, registry, store, names: NAMES, user: 'ana' })).rejects.toThrow(
      /cannot be reached/,
    );
  });

  test('leaves the registry as it was', async () => {
    const { registry, server, sync } = await aRegistryAndAServer();
    server.trouble = () => ({ status: 500 });
    await expect(sync()).rejects.toThrow();
    expect((await registry.runs()).map(({ run_id }) => run_id)).toEqual([aRun('b'), aRun('a')]);
    expect((await registry.champion('green'))?.pointer.run_id).toBe(aRun('b'));
  });
});

test('an address that only Python reads is refused with the fix', () => {
  for (const url of ['sqlite:///mlflow.db', './mlruns', 'databricks']) {
    expect(() => new MlflowClient({ url })).toThrow(TripcastError);
    expect(() => new MlflowClient({ url })).toThrow(/MLFLOW_TRACKING_URI/);
  }
});

describe('a server that asks for a name and password', () => {
  const withPassword = (url: string) => url.replace('http://', 'http://ana:s3%2Fcret@');

  test('gets those of its address, before those of the variables; neither the report nor the bucket has them', async () => {
    const { store, registry, server } = await aRegistryAndAServer();
    server.authorization = `Basic ${Buffer.from('ana:s3/cret').toString('base64')}`;
    const mlflow = new MlflowClient({
      url: withPassword(server.url),
      variables: { MLFLOW_TRACKING_USERNAME: 'bob', MLFLOW_TRACKING_PASSWORD: 'other' },
      firstWaitMs: 1,
    });
    const report = await syncMlflow({ mlflow, registry, store, names: NAMES, user: 'ana' });
    expect(report).toMatchObject({ url: server.url, present: 0 });
    expect(report.mirrored).toHaveLength(2);
    const stored = [...store.objects].map(([key, body]) => `${key} ${Buffer.from(body).toString('latin1')}`).join('\n');
    expect(stored).toContain(`"tracking_uri":"${server.url}"`);
    expect(stored).not.toMatch(/s3(%2F|\/)cret/);
  });

  test.each([
    ['refuses it', (server: AMlflow) => withPassword(server.url), /answered 401/],
    ['is not there', () => `http://ana:${PASSWORD}@127.0.0.1:1`, /http:\/\/127\.0\.0\.1:1 cannot be reached/],
    ['is a database', () => `postgresql://ana:${PASSWORD}@db/mlflow`, /"postgresql:\/\/db\/mlflow" is not the address/],
    [
      'cannot be one',
      () => 'http://ana:s3/cret@127.0.0.1:5000',
      /http:\/\/127\.0\.0\.1:5000 is not a valid web address/,
    ],
  ])('and %s is named without the password', async (_, urlOf, message) => {
    const { store, registry, server } = await aRegistryAndAServer();
    server.authorization = 'Basic another';
    const sync = async () => {
      const mlflow = new MlflowClient({ url: urlOf(server), firstWaitMs: 1 });
      return syncMlflow({ mlflow, registry, store, names: NAMES, user: 'ana' });
    };
    await expect(sync()).rejects.toThrow(message);
    await expect(sync()).rejects.not.toThrow(/cret/);
  });
});
