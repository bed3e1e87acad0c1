/** Measures the drift between two files in this process, again and again. usage: drift-job.ts PRESET REFERENCE CURRENT TIMES */
import { DuckDB } from '#adapters/duckdb.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { measureDrift } from '#monitoring/drift.ts';
import { PRESETS } from '#monitoring/presets.ts';
import { fileTable, TablePair } from '#monitoring/table-pair.ts';
import { TIME_COLUMNS } from '#trips/tlc-file.ts';

const [wanted, reference = '', current = '', times = '1'] = process.argv.slice(2);
const preset = PRESETS.find((each) => each === wanted) ?? 'tripcast';

const seconds: number[] = [];
const cpuSeconds: number[] = [];
let columns = 0;
await using folder = await workFolder();
await (await DuckDB.open({ tempDirectory: folder.path }))[Symbol.asyncDispose](); // loads the library; Evidently's time is without its imports, too
for (let i = 0; i < Number(times); i += 1) {
  const started = performance.now();
  const used = process.cpuUsage();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const pair = await TablePair.open(database, { reference: fileTable(reference), current: fileTable(current) });
  const timeColumn = pair.columnNamed(Object.values(TIME_COLUMNS).map(({ pickup }) => pickup));
  const report = await measureDrift(pair, {
    preset,
    limits: { effect: 0.1, significance: 0.05 },
    ...(timeColumn && { timeColumn }),
  });
  columns = report.columns.length;
  seconds.push((performance.now() - started) / 1000);
  const { user, system } = process.cpuUsage(used);
  cpuSeconds.push((user + system) / 1e6);
}
console.log(
  JSON.stringify({ seconds, cpu_seconds: cpuSeconds, columns, peak_mib: process.resourceUsage().maxRSS / 1024 }),
);
