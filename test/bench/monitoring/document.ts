/** The ledger and the timings as the Markdown of docs/monitoring.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRESETS } from '#monitoring/presets.ts';
import { CLONE } from '../side-by-side.ts';
import type { PresetRates, Quarter } from './alarms.ts';
import type { Ledger } from './ledger.ts';

const DOCUMENT = join(CLONE, 'docs/monitoring.md');

/** Replaces what docs/monitoring.md has between the markers of that name. */
export function writeInto(name: 'ledger' | 'speed', markdown: string): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [open, close] = [`<!-- ${name}: npm run bench:monitoring writes this -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no ${open} followed by ${close}.`);
  writeFileSync(DOCUMENT, `${text.slice(0, from + open.length)}\n${markdown}\n${text.slice(to)}`);
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const ledgerMarkdown = (ledger: Ledger): string =>
  [falseAlarms(ledger), stream(ledger), power(ledger)].join('\n\n');

const percent = (share: number) => `${Number((100 * share).toFixed(1))}%`;

const columnsOf = ({ columns }: PresetRates): string =>
  [...columns]
    .toSorted(([, a], [, b]) => b - a)
    .map(([column, share]) => `\`${column}\` ${percent(share)}`)
    .join(', ') || '–';

function falseAlarms({ sameMonth, pairs, size }: Ledger): string {
  const head = ['alarm', ...sameMonth.map(({ month }) => `${month} against itself`), 'adjacent months'];
  const ofPairs = (raised: (pair: (typeof pairs)[number]) => boolean) =>
    `${pairs.filter(raised).length} of ${pairs.length}`;
  const drift = PRESETS.flatMap((preset) => [
    [
      `\`${preset}\`: any column`,
      ...sameMonth.map((each) => percent(each.drift.presets[preset].anyColumn)),
      ofPairs((pair) => pair.drift[preset].columns.length > 0),
    ],
    [
      `\`${preset}\`: the data as a whole`,
      ...sameMonth.map((each) => percent(each.drift.presets[preset].dataset)),
      ofPairs((pair) => pair.drift[preset].dataset),
    ],
  ]);
  const rows = [
    ...drift,
    ...(['tripcast', 'evidently'] as const).map((preset) => [
      `\`${preset}\`: which columns`,
      ...sameMonth.map((each) => columnsOf(each.drift.presets[preset])),
      [...new Set(pairs.flatMap((pair) => pair.drift[preset].columns))].map((column) => `\`${column}\``).join(', ') ||
        '–',
    ]),
    ['harm, within 30 days', ...sameMonth.map((each) => percent(each.harm.harm)), ofPairs((pair) => pair.harm)],
    [
      'estimate, within 30 days',
      ...sameMonth.map((each) => percent(each.harm.estimate)),
      ofPairs((pair) => pair.estimate),
    ],
  ];
  return `False alarms: ${size.repetitions} repetitions for drift, ${10 * size.repetitions} for harm and the estimate.\n\n${markdownTable(head, rows)}`;
}

function stream({ quarters, streamQuarters }: Ledger): string {
  return `${quietText('preset `tripcast` on the trailing 7 days', quarters)}\n\n${quietText('`tripcast stream drift`', streamQuarters)}`;
}

function quietText(what: string, quarters: readonly Quarter[]): string {
  const alarms = quarters.map((quarter) => quarter.alarms);
  const total = alarms.reduce((sum, each) => sum + each, 0);
  const columns = [...new Set(quarters.flatMap((quarter) => quarter.columns))].map((column) => `\`${column}\``);
  const which = columns.length === 0 ? '' : ` (${columns.join(', ')})`;
  return `Quiet quarters, ${what}, every day (${quarters[0]?.looks ?? 0} looks, all columns together): ${total} alarms in ${quarters.length} quarters, at most ${Math.max(...alarms)} in one${which}.`;
}

function power({ shifts, size }: Ledger): string {
  const head = [
    'shift of a whole month',
    ...PRESETS.flatMap((preset) => [`\`${preset}\`: any column`, 'data']),
    'harm within 30 days',
    'median day',
    'estimate',
    'columns of `tripcast`',
  ];
  const rows = shifts.map(({ name, drift, harm }) => [
    name,
    ...PRESETS.flatMap((preset) => [percent(drift.presets[preset].anyColumn), percent(drift.presets[preset].dataset)]),
    percent(harm.harm),
    harm.harmDay === null ? '–' : String(harm.harmDay),
    percent(harm.estimate),
    columnsOf(drift.presets.tripcast),
  ]);
  return `Power: how often each alarm sees a shift (${size.shiftRepetitions} repetitions for drift, ${10 * size.shiftRepetitions} for harm).\n\n${markdownTable(head, rows)}`;
}
