/** What profiling costs the handler, in turns. usage: profile-job.ts MODEL_FOLDER MONTH_FILE BATCH_SIZE ROUNDS EVERY_SECONDS */
import { systemClock } from '#clock.ts';
import { KeepProfiles } from '#streaming/keep-profiles.ts';
import type { KinesisEvent } from '#streaming/kinesis-event.ts';
import { type ScoreBatchDeps, scoreBatch } from '#streaming/score-batch.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { median } from '../figures.ts';
import { benchFunction } from './bench-function.ts';
import { realEvents } from './real-events.ts';

const EVENTS = 20_000;
const WARM_UP_ROUNDS = 3;

const [folder = '', month = '', size, roundsGiven, every] = process.argv.slice(2);
const rounds = Number(roundsGiven);
const without = await benchFunction(folder);
const store = new MemoryStore();
const everySeconds = Number(every);
const profiles = new KeepProfiles({ store, taxiType: 'green', instance: 'bench', everySeconds, clock: systemClock });
const withProfiles: ScoreBatchDeps = { ...without, profiles };
const events = await realEvents(month, EVENTS, Number(size), 'replay');

/** @returns microseconds of core time */
async function coreTime(event: KinesisEvent, deps: ScoreBatchDeps): Promise<number> {
  const before = process.cpuUsage();
  await scoreBatch(event, deps, Date.now() + 60_000);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

// Batch by batch, so that whatever else the machine does falls on both; each is first for half of the batches.
const times: { readonly bare: number[]; readonly profiled: number[] } = { bare: [], profiled: [] };
for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
  for (const [i, event] of events.entries()) {
    const turns = [
      { deps: without, times: times.bare },
      { deps: withProfiles, times: times.profiled },
    ];
    for (const turn of (i + round) % 2 === 0 ? turns : turns.reverse()) {
      const took = await coreTime(event, turn.deps);
      if (round >= WARM_UP_ROUNDS) turn.times.push(took);
    }
  }
}
const perSecond = (microseconds: readonly number[]) => (Number(size) / median(microseconds)) * 1e6;
console.log(
  JSON.stringify({
    without_per_core_second: perSecond(times.bare),
    with_per_core_second: perSecond(times.profiled),
    throughput_ratio: median(times.bare) / median(times.profiled),
  }),
);
