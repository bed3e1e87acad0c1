/** Memory over a million events. usage: node --expose-gc memory-job.ts MODEL_FOLDER MONTH_FILE */
import { scoreBatch } from '#streaming/score-batch.ts';
import { benchFunction } from './bench-function.ts';
import { realEvents } from './real-events.ts';

const [folder = '', month = ''] = process.argv.slice(2);
const deps = await benchFunction(folder);
const events = await realEvents(month, 10_000, 500, 'replay');
const readings: { readonly rss: number; readonly heap: number }[] = [];
for (let hundredThousand = 0; hundredThousand <= 10; hundredThousand++) {
  for (let round = 0; round < 10; round++) {
    for (const event of events) await scoreBatch(event, deps, Date.now() + 60_000);
  }
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  readings.push({ rss: rss / 2 ** 20, heap: (heapUsed + external) / 2 ** 20 });
}
console.log(JSON.stringify({ readings }));
