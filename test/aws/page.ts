import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CLONE } from '../../src/local/paths.ts';
import { type LedgerRecord, MEASURED, type MeasuredOn, readRecord } from './ledger.ts';
import type { Json, Probe } from './probe.ts';
import { PROBES, SERVICES } from './probes/index.ts';

export const PAGE = join(CLONE, 'docs', 'emulator.md');

const NAMES: Readonly<Record<MeasuredOn, string>> = { aws: 'AWS', ministack: 'MiniStack' };

/** docs/emulator.md, made of the probes and of what was measured. */
export function page(): string {
  const records = MEASURED.map((on) => ({ name: NAMES[on], record: readRecord(on) }));
  const headings = ['row', 'what AWS does, by its documentation', 'relied on by', ...records.map(({ name }) => name)];
  const tables = Object.entries(SERVICES).map(([service, probes]) => {
    const rows = [headings, headings.map(() => '---'), ...probes.map((probe) => cells(probe, records))];
    return [`## ${service}`, '', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
  });
  return `${[INTRODUCTION, measuredWhat(records), ...tables].join('\n\n')}\n`;
}

const INTRODUCTION = `<!-- Written by \`npm run test:aws -- --emulator --write-ledger\` from test/aws; do not edit it by hand. -->

# The conformance ledger

The behaviors of AWS that tripcast depends on: ${PROBES.length} rows, each with AWS's own documentation, the test and the code that rely on it, and what was seen when a probe looked. The probes are in [test/aws/probes](../test/aws/probes).

| command | what it does |
|---|---|
| \`npm run test:aws -- --emulator\` | starts a MiniStack of its own and holds it to what is recorded here; \`npm test\` does the same |
| \`npm run test:aws\` | says what a run against your AWS account would make and cost, and makes nothing |
| \`npm run test:aws -- --yes-this-costs-money\` | runs it: deploys one tagged stack, looks, deletes it, also after Ctrl-C or a failure |
| \`npm run test:aws -- --clean-up PREFIX\` | deletes what a run left that was killed outright |
| \`... --only s3- --json --write-ledger\` | only the rows whose names begin so; as JSON; writes this page anew from what was seen |

A row reads "as documented" where the probe saw what AWS documents, and otherwise what it saw. On AWS a difference fails the run: the documentation, or our reading of it, is refuted. An emulator fails where it does not do what is recorded, so that an upgrade that changes a behavior is noticed.`;

interface Column {
  readonly name: string;
  readonly record: LedgerRecord | undefined;
}

const measuredWhat = (columns: readonly Column[]) =>
  columns
    .map(
      ({ name, record }) =>
        `- **${name}**: ${record === undefined ? 'nobody has run the probes there yet' : record.what}`,
    )
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
