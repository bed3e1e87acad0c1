import { intervalAdvice } from './interval-advice.ts';
import type { MonthReport, SegmentFigures } from './report-schema.ts';
import { TELLING_RIDES } from './telling-rides.ts';

/** A message for people. SNS takes a subject of at most 100 ASCII characters. */
export interface Notice {
  readonly subject: string;
  readonly message: string;
}

/** Where to read more. */
export interface NoticeLinks {
  /** The report's page. */
  readonly page: string;
  readonly env: string;
}

/** More groups and columns are in the report. */
const MOST_GROUPS = 3;
const MOST_COLUMNS = 5;

/** Tells people about a month that harmed or drifted; undefined when there is nothing to tell. */
export function noticeOf(report: MonthReport, { page, env }: NoticeLinks): Notice | undefined {
  const harmed = report.harm.verdict === 'harm';
  if (!harmed && report.drift.verdict !== 'drifted') return undefined;
  const { taxi_type: type, month, reference } = report;
  const alarm = harmed ? 'month-harmed' : 'month-drifted';
  const advice = intervalAdvice(report, env);
  const ofType = type === 'green' ? '' : ` --taxi-type ${type}`;
  return {
    subject: `tripcast ${env}: ${type} ${month} ${harmed ? 'predictions got worse' : 'drifted'}`,
    message: [
      harmed
        ? `Predictions for ${type} taxis got worse in ${month}.`
        : `The ${type} rides of ${month} differ from those of ${reference.month}.`,
      '',
      ...errorLines(report),
      ...worstLine('boroughs', report.segments.pickup_borough, (borough) => borough, reference.month),
      ...worstLine('pickup hours', report.segments.hour, (hour) => `${hour.padStart(2, '0')}:00`, reference.month),
      ...driftLines(report),
      ...(advice === undefined ? [] : [`Intervals: ${advice}`]),
      '',
      `Report: ${page}`,
      `See more: npx tripcast why ${alarm} --month ${month}${ofType} --env ${env}`,
    ].join('\n'),
  };
}

function errorLines({ harm, reference, estimate, quality }: MonthReport): readonly string[] {
  if (harm.verdict === 'not-enough-data' || quality === null) return ['Error: not enough labeled rides to judge.'];
  const { limit, since } = harm;
  const allowed = percent(limit / estimate.reference_mae - 1);
  return [
    `Error: ${minutes(quality.absolute_error.mean)} min on average over ${quality.rows.toLocaleString('en-US')} rides; the limit is ${minutes(limit)} (${reference.month}: ${minutes(estimate.reference_mae)}, and ${allowed} more is tolerated).`,
    ...(since === null ? [] : [`Since: ${since}, the day on which the evidence sufficed.`]),
  ];
}

/** The groups whose error grew most. */
function worstLine(
  what: string,
  segments: readonly SegmentFigures[] = [],
  nameOf: (group: string) => string,
  reference: string,
): readonly string[] {
  const worst = segments
    .filter(({ rows }) => rows >= TELLING_RIDES)
    .map((each) => ({ ...each, growth: each.mae - (each.reference_mae ?? each.mae) }))
    .filter(({ growth }) => growth > 0)
    .sort((a, b) => b.growth - a.growth)
    .slice(0, MOST_GROUPS);
  if (worst.length === 0) return [];
  const each = worst.map(
    ({ group, mae, reference_mae }) => `${nameOf(group)} ${minutes(mae)} min (${reference}: ${minutes(reference_mae)})`,
  );
  return [`Worst ${what}: ${each.join(', ')}.`];
}

function driftLines({ drift, reference }: MonthReport): readonly string[] {
  const drifted = drift.columns.filter((column) => column.drifted);
  if (drift.verdict === 'not-enough-data') return ['Drift: not enough data to judge.'];
  if (drifted.length === 0) {
    return [
      drift.verdict === 'drifted' ? 'Drift: too many values are missing.' : `Drift: none since ${reference.month}.`,
    ];
  }
  const each = drifted
    .slice(0, MOST_COLUMNS)
    .map(({ column, method, score, threshold }) => `${column} (${method} ${score?.toFixed(3)}, limit ${threshold})`);
  const more = drifted.length - each.length;
  return [`Drift since ${reference.month}: ${each.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`];
}

const minutes = (value: number | null) => (value === null ? '–' : value.toFixed(2));
const percent = (share: number) => `${Math.round(100 * share)}%`;
