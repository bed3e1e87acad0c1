/** Scores a month and copies the output, again and again, in one process. usage: score-job.ts MODEL TAXI_TYPE FILE FOLDER TIMES */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { scorerLoader } from '#adapters/engine.ts';
import { scoreFile } from '#batch/score-file.ts';
import { newRunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { parseTaxiType } from '#trips/taxi-type.ts';

const [file = '', taxiType = '', input = '', folder = '', times = '1'] = process.argv.slice(2);
const output = join(folder, 'output.parquet');
const job = {
  input,
  output,
  workFolder: folder,
  taxiType: parseTaxiType(taxiType),
  month: parseMonth('2023-03'),
  all: false,
};
const loadScorer = scorerLoader('tripcast', () => {});
const model = { runId: newRunId(), scorer: await loadScorer(await readFile(file)) };
await using database = await DuckDB.open({ tempDirectory: folder, memoryLimitMb: 200 });

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
const copy = (options: string) => () =>
  database.run(
    `COPY (FROM read_parquet(${sqlText(output)})) TO ${sqlText(join(folder, 'copy.parquet'))} (FORMAT parquet, COMPRESSION zstd${options})`,
  );

const runs: Record<'score' | 'copy' | 'copy_default', number>[] = [];
for (let i = 0; i < Number(times); i++) {
  runs.push({
    score: await seconds(() => scoreFile(job, model, database)),
    copy: await seconds(copy(', COMPRESSION_LEVEL 1')),
    copy_default: await seconds(copy('')),
  });
}
console.log(JSON.stringify({ runs, peak_mib: process.resourceUsage().maxRSS / 1024 }));
