import { join } from 'node:path';
import type { OpenBoosting } from '#model/recipes/gradient-boosting.ts';
import { GROUPING_NAMES, GROUPINGS } from '#model/rides/ride-groups.ts';
import type { Rides } from '#model/rides/rides.ts';
import type { RunId } from '#storage/run-id.ts';
import type { RideQueries } from '#trips/database.ts';
import { DAY_MILLISECONDS } from '#trips/day.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { TIME_COLUMNS, timeSql } from '#trips/tlc-file.ts';
import { zoneOf } from '#trips/zones.ts';
import { type DriftExplanation, explainDrift } from './classifier/explain-drift.ts';
import { distribution } from './distribution.ts';
import { columnsToCompare, type DriftLimits, type DriftReport, measureDrift } from './drift.ts';
import { BAND_MINUTES, type ErrorSums, MonthSums } from './month-sums.ts';
import type { Preset } from './presets.ts';
import type { DayFigures, Distribution, MonthQuality, MonthReport, SegmentFigures } from './report-schema.ts';
import { joinScored, PREDICTION, type ScoredFiles } from './scored-rides.ts';
import { type HarmLimits, type HarmVerdict, testHarm } from './statistics/harm.ts';
import { regressionQuality } from './statistics/regression.ts';
import { type Table, TablePair } from './table-pair.ts';
import { takeawayOf } from './takeaway.ts';

export interface MonitoringLimits {
  readonly preset: Preset;
  readonly drift: DriftLimits;
  readonly harm: Omit<HarmLimits, 'reference'>;
}

export interface MonthToMeasure {
  readonly taxiType: TaxiType;
  readonly month: Month;
  readonly runId: RunId;
  readonly evaluation: MonthReport['evaluation'];
  readonly files: ScoredFiles;
  readonly reference: { readonly month: Month; readonly inTraining: boolean; readonly files: ScoredFiles };
  readonly limits: MonitoringLimits;
  /** A folder of this job alone, with room for twice both months. */
  readonly workFolder: string;
  readonly codeVersion: string;
  readonly now: Date;
  /** Trains the classifier that explains a drift; undefined = no explanation. */
  readonly explain?: OpenBoosting | undefined;
  readonly onProgress?: (step: string) => void;
}

const BATCH_ROWS = 65_536;
/** Zones with fewer labelled rides are left out of the map: their mean says little. */
const LEAST_RIDES_ON_MAP = 20;

/**
 * Everything that monitoring says about a month's predictions, against a reference month scored by the same run.
 * Whatever a month lacks (labels, rides, days) makes the verdict that needs it "not-enough-data".
 */
export async function measureMonth(database: RideQueries, given: MonthToMeasure): Promise<MonthReport> {
  const { taxiType, limits, onProgress = () => {} } = given;
  const tables = {
    reference: await joinScored(database, given.reference.files, taxiType, join(given.workFolder, 'reference.parquet')),
    current: await joinScored(database, given.files, taxiType, join(given.workFolder, 'current.parquet')),
  };
  onProgress('errors');
  const reference = await sumUp(database, tables.reference, taxiType);
  const current = await sumUp(database, tables.current, taxiType);
  onProgress('drift');
  const pair = await TablePair.open(database, tables, CATEGORIES);
  const charts = new Map<string, Distribution>();
  const timeColumn = TIME_COLUMNS[taxiType].pickup;
  const comparison = { timeColumn, predictionColumn: PREDICTION, leftOut: INTERVALS };
  const drift = await measureDrift(pair, {
    preset: limits.preset,
    limits: limits.drift,
    ...comparison,
    onSamples: (column, samples) => charts.set(column, distribution(samples, zoneNames(column))),
  });
  const classifier =
    given.explain && (await explainDrift(pair, columnsToCompare(pair, comparison), timeColumn, given.explain));
  const referenceQuality = qualityOf(reference);
  if (referenceQuality === null) throw new Error(`${tables.reference.name} has no labelled ride to compare with.`);
  const factor = reference.all.absolute / reference.all.width;
  const days = daysOf(current, factor);
  const harmLimits = { ...limits.harm, reference: referenceQuality.absolute_error.mean };
  const harm = testHarm(
    days.map(({ rides, mae }) => ({ rides: mae === null ? 0 : rides, meanAbsoluteError: mae ?? 0 })),
    harmLimits,
  );
  const expectedHarm = testHarm(
    days.map(({ rides, expected_mae }) => ({ rides, meanAbsoluteError: expected_mae })),
    harmLimits,
  );
  const report: Omit<MonthReport, 'takeaway'> = {
    schema_version: 1,
    taxi_type: taxiType,
    month: given.month,
    run_id: given.runId,
    evaluation: given.evaluation,
    reference: { month: given.reference.month, in_training: given.reference.inTraining },
    rows: { scored: current.all.rides, labelled: current.all.labelled, reference: reference.all.rides },
    drift: driftWithCharts(drift, charts),
    ...(classifier && { classifier: explanationOf(classifier) }),
    quality: qualityOf(current),
    reference_quality: referenceQuality,
    harm: harmOf(harm, days),
    estimate: {
      expected_mae: current.all.rides === 0 ? null : (factor * current.all.width) / current.all.rides,
      reference_mae: referenceQuality.absolute_error.mean,
      factor,
      harm: harmOf(expectedHarm, days),
    },
    segments: segmentsOf(current, reference),
    calibration: current.bands.flatMap(({ rides, predicted, actual }, i) =>
      rides === 0 ? [] : [{ from: i * BAND_MINUTES, rides, predicted: predicted / rides, actual: actual / rides }],
    ),
    days,
    zones: [...current.zones]
      .filter(([, { labelled }]) => labelled >= LEAST_RIDES_ON_MAP)
      .sort(([a], [b]) => a - b)
      .map(([zone, sums]) => ({
        zone,
        rides: sums.rides,
        mae: sums.meanAbsoluteError,
        bias: sums.bias,
      })),
    code_version: given.codeVersion,
    created_at: given.now.toISOString(),
  };
  return { ...report, takeaway: takeawayOf(report) };
}

/** Columns of codes, compared as categories though they are numbers. */
export const CATEGORIES = [
  'PULocationID',
  'DOLocationID',
  'VendorID',
  'RatecodeID',
  'payment_type',
  'pickup_hour',
  'pickup_weekday',
];
/** Columns that are not compared: the prediction says what they say. */
export const INTERVALS = ['interval_low', 'interval_high'];

async function sumUp(database: RideQueries, table: Table, taxiType: TaxiType): Promise<MonthSums> {
  const [count] = await database.rows(`SELECT count(*)::DOUBLE AS rows FROM ${table.sql}`);
  const sums = new MonthSums(Number(count?.rows));
  const pickup = timeSql(TIME_COLUMNS[taxiType].pickup);
  const columns = `SELECT coalesce(PULocationID::DOUBLE, -1), coalesce(DOLocationID::DOUBLE, -1), trip_distance::DOUBLE,
      coalesce(epoch(${pickup})::DOUBLE, -1), actual_duration, predicted_duration, interval_low, interval_high
    FROM ${table.sql}`;
  const none = new Float64Array();
  for await (const { rows, columns: arrays } of database.numbers(columns, BATCH_ROWS)) {
    const [pickupZone = none, dropoffZone = none, distance = none, pickupTime = none, ...judged] = arrays;
    const rides: Rides = { size: rows, pickupZone, dropoffZone, distance, pickupTime };
    const [actual = none, predicted = none, low = none, high = none] = judged;
    sums.add({ rides, actual, predicted, low, high });
  }
  return sums;
}

function qualityOf(sums: MonthSums): MonthQuality | null {
  if (sums.all.labelled === 0) return null;
  return { ...regressionQuality(sums.labelled), coverage_90: sums.all.coverage };
}

const zoneNames = (column: string) =>
  /^(PU|DO)LocationID$/.test(column) ? (id: string) => zoneOf(Number(id)).name : undefined;

function driftWithCharts(drift: DriftReport, charts: ReadonlyMap<string, Distribution>): MonthReport['drift'] {
  const columns = drift.columns.map(({ interval, ...column }) => {
    const chart = column.verdict === 'not-enough-data' ? undefined : charts.get(column.column);
    return {
      ...column,
      ...(interval && { interval: [...interval] as [number, number] }),
      ...(chart && { distribution: chart }),
    };
  });
  const verdict = drift.drifted_share === null ? 'not-enough-data' : drift.dataset_drift ? 'drifted' : 'steady';
  return {
    preset: drift.preset,
    verdict,
    drifted_share: drift.drifted_share,
    columns,
    only_in_reference: [...drift.schema.only_in_reference],
    only_in_current: [...drift.schema.only_in_current],
  };
}

const explanationOf = (found: DriftExplanation): NonNullable<MonthReport['classifier']> =>
  found.outcome === 'not-enough-data'
    ? found
    : { ...found, interval: [...found.interval], features: [...found.features] };

const daysOf = ({ days }: MonthSums, factor: number): DayFigures[] =>
  [...days]
    .sort(([a], [b]) => a - b)
    .map(([day, sums]) => ({
      day: new Date(day * DAY_MILLISECONDS).toISOString().slice(0, 10),
      rides: sums.rides,
      mae: sums.labelled === 0 ? null : sums.meanAbsoluteError,
      bias: sums.labelled === 0 ? null : sums.bias,
      expected_mae: (factor * sums.width) / sums.rides,
    }));

function harmOf(harm: HarmVerdict, days: readonly DayFigures[]): MonthReport['harm'] {
  if (harm.verdict === 'not-enough-data') return harm;
  if (harm.verdict === 'no-harm') return { ...harm, since: null };
  return { ...harm, since: days[harm.since]?.day ?? null };
}

function segmentsOf(current: MonthSums, reference: MonthSums): MonthReport['segments'] {
  const figures = (group: string, sums: ErrorSums, before: ErrorSums | undefined): SegmentFigures[] => {
    if (sums.labelled === 0) return [];
    const { labelled } = sums;
    return [
      {
        group,
        rows: labelled,
        mae: sums.meanAbsoluteError,
        rmse: Math.sqrt(sums.squared / labelled),
        bias: sums.bias,
        coverage_90: sums.coverage,
        reference_mae: before === undefined || before.labelled === 0 ? null : before.meanAbsoluteError,
      },
    ];
  };
  return Object.fromEntries(
    GROUPING_NAMES.map((name) => [
      name,
      current.groups[name].flatMap((sums, i) =>
        figures(GROUPINGS[name].groups[i] ?? '', sums, reference.groups[name][i]),
      ),
    ]),
  );
}
