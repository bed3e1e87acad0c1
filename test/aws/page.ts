import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CLONE } from '#setup/paths.mjs';
import { type LedgerRecord, MEASURED, type MeasuredOn, readRecord } from './ledger.ts';
import type { Json, Probe } from './probe.ts';
import { PROBES, SERVICES } from './probes/index.ts';

export const PAGE = join(CLONE, 'docs', 'emulator.md');

const NAMES: Readonly<Record<MeasuredOn, string>> = { aws: 'AWS', ministack: 'MiniStack', localstack: 'LocalStack' };

/** docs/emulator.md, generated from the probes and the measurements. */
export function page(): string {
  const all = MEASURED.map((on) => ({ name: NAMES[on], record: readRecord(on) }));
  const records = all.filter(({ record }) => record !== undefined);
  const headings = ['row', 'documented behavior', 'relied on by', ...records.map(({ name }) => name)];
  const tables = Object.entries(SERVICES).map(([service, probes]) => {
    const rows = [headings, headings.map(() => '---'), ...probes.map((probe) => cells(probe, records))];
    return [`## ${service}`, '', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
  });
  return `${[INTRODUCTION, measuredWhat(all), ...tables].join('\n\n')}\n`;
}

const INTRODUCTION = `<!-- Generated from test/aws by \`npm run test:aws -- --emulator --write-ledger\`. Do not edit. -->

# The conformance ledger

tripcast depends on ${PROBES.length} behaviors of AWS. Each row names AWS's own documentation, the test and the code that rely on the behavior, and what its probe observed. The probes are in [test/aws/probes](../test/aws/probes).

| command | what it does |
|---|---|
| \`npm run test:aws -- --emulator\` | starts its own MiniStack and checks it against this page; \`npm test\` does the same |
| \`AWS_ENDPOINT_URL=http://127.0.0.1:4566 npm run test:aws -- --emulator\` | checks the LocalStack that runs there; \`npm run test:localstack\` does the same with the mapping's rows on its own one |
| \`npm run test:aws\` | prints what a run against your AWS account would create and cost, and creates nothing |
| \`npm run test:aws -- --yes-this-costs-money\` | runs the probes in your account: deploys one tagged stack and deletes it at the end, also after a failure or Ctrl-C |
| \`npm run test:aws -- --clean-up PREFIX\` | deletes what a killed run left |

Further options: \`--only s3-\` runs the rows whose names start that way, \`--json\` prints JSON, and \`--write-ledger\` records what was observed and regenerates this page.

"As documented" means that the probe observed exactly what AWS documents; otherwise the cell shows what it observed. On AWS any difference fails the run: either the documentation or our reading of it is wrong. An emulator fails if it does anything other than what is recorded here, so an upgrade that changes a behavior is noticed.`;

interface Column {
  readonly name: string;
  readonly record: LedgerRecord | undefined;
}

const measuredWhat = (columns: readonly Column[]) =>
  columns
    .map(({ name, record }) => `- **${name}**: ${record === undefined ? 'not measured yet' : record.what}`)
    .join('\n');

function cells(probe: Probe, columns: readonly Column[]): readonly string[] {
  const { id, behavior, docs, reliedOnBy, expected } = probe;
  const links = reliedOnBy.map((path) => `[${path.slice(path.lastIndexOf('/') + 1)}](../${path})`);
  const documented = `${behavior} ([${docs.title}](${docs.url}))<br>${code(expected)}`;
  return [`\`${id}\``, escaped(documented), links.join(', '), ...columns.map((column) => escaped(seen(probe, column)))];
}

function seen({ id, expected, look }: Probe, { name, record }: Column): string {
  if ('unseen' in look) return `cannot be probed: ${look.unseen}`;
  const found = record?.rows[id];
  if (found === undefined) {
    return look.notOnEmulators !== undefined && name !== NAMES.aws
      ? `not probed: ${look.notOnEmulators}`
      : 'not yet measured';
  }
  return isDeepStrictEqual(found, expected) ? 'as documented' : code(found);
}

const code = (value: Json) => `\`${JSON.stringify(value)}\``;

const escaped = (text: string) => text.replaceAll('|', '\\|');
