import { beforeAll, expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { promoteRun, rollBack } from '#registry/promotion.ts';
import { Registry } from '#registry/registry.ts';
import { modelKeys } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { registerRun } from '../support/deployed.ts';
import { type Fault, faultyS3 } from '../support/faulty-s3.ts';

// The SDK itself between a promotion and an S3 that does what it is asked and whose answer is lost: the repeated request
// meets the work of the first. Each case has champions of its own.

let to: Deployment;
let run: RunId;
let other: RunId;

beforeAll(async () => {
  to = await connect('dev');
  run = await registerRun(to);
  other = await registerRun(to);
});

/** The registry of the environment with champions of its own, through a client whose requests may fail. */
async function aRegistry(name: string, fault: (nth: number, call: string) => Fault) {
  const s3 = await faultyS3(to.models.bucket, fault);
  const names = { ...to.config.model, registeredModels: { green: `${name}_green`, yellow: `${name}_yellow` } };
  const registryOf = (store: S3Store) => new Registry(store, names);
  return {
    registry: registryOf(new S3Store(to.models.bucket, s3.client(3))),
    direct: registryOf(to.models),
    pointer: modelKeys.alias(`${name}_green`, 'champion'),
    calls: s3.calls,
  };
}

const by = (person: string) => ({ by: person, at: new Date(), loadScorer, force: true });

test.each(['down', 'late'] as const)('a promotion survives any single lost answer (%s)', async (trouble) => {
  let requests = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth <= requests; nth += 1) {
    const { registry, direct, calls } = await aRegistry(`lost_${trouble}_${nth}`, (call) =>
      call === nth ? trouble : undefined,
    );
    const outcome = await promoteRun(registry, run, by('ada'));
    expect(outcome, calls[nth - 1]).toMatchObject({ outcome: 'moved', pointer: { sequence: 1, run_id: run } });
    if (nth === 0) requests = calls.length; // of a promotion that nothing befalls
    expect(await promoteRun(direct, run, by('ada'))).toMatchObject({ outcome: 'already-there' });
    expect(await direct.history('green')).toEqual([(await direct.champion('green'))?.pointer]);
  }
  expect(requests).toBeGreaterThan(5);
});

test('a rollback whose pointer was written but not acknowledged happens once', async () => {
  let lost = 0;
  let armed = false;
  const { registry, direct, pointer } = await aRegistry('lost_rollback', (_, call) =>
    armed && call === `PUT ${pointer}` && lost++ === 0 ? 'late' : undefined,
  );
  await promoteRun(direct, other, by('ada'));
  await promoteRun(direct, run, by('ada'));
  armed = true;
  const { to: back, outcome } = await rollBack(registry, 'green', by('grace'));
  expect([back, outcome.outcome, lost]).toEqual([other, 'moved', 2]);
  expect((await direct.history('green')).map(({ run_id }) => run_id)).toEqual([other, run, other]);
});
