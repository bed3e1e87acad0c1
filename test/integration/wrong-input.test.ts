import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Deployment } from '#cli/context.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import { registerRun } from '../support/deployed.ts';
import { runCommand } from '../support/run-command.ts';
import { contentsOf } from '../support/snapshot.ts';
import { realMonth } from '../support/tlc-files.ts';

// Words that are right in themselves, and that only the environment knows to be wrong: a run, a month, an execution that is
// not there. The rest of the table is in test/unit/cli/wrong-input.test.ts.

const NOBODY = 'a'.repeat(32);
const NO_RUN = new RegExp(`no completed run ${NOBODY}.*\`tripcast train\``);

let to: Deployment;
let run: RunId;
let folder: string;

beforeAll(async () => {
  to = await connect('dev');
  run = await registerRun(to);
  folder = mkdtempSync(join(tmpdir(), 'tripcast té st-'));
  writeFileSync(join(folder, 'event.json'), '{"month":"2023-13","scheduledTime":"2023-05-15T00:00:00Z"}');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All that a command could have changed: objects, executions, files. */
async function everything() {
  const [data, models, ...executions] = await Promise.all([
    objectsOf(to.data),
    objectsOf(to.models),
    ...(['MonthlyBatchArn', 'BackfillArn', 'TrainingArn'] as const).map((name) => executionsOf(to.output(name))),
  ]);
  return { data, models, executions, files: contentsOf(folder) };
}

const objectsOf = (store: ObjectStore) => Array.fromAsync(store.list(''), ({ key }) => key);

async function executionsOf(stateMachineArn: string) {
  const sfn = new SFNClient({});
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  sfn.destroy();
  return executions.map(({ executionArn }) => executionArn).toSorted();
}

const executionOf = (machine: 'MonthlyBatchArn' | 'BackfillArn') =>
  `${to.output(machine).replace(':stateMachine:', ':execution:')}:not-there`;

type Row = readonly [what: string, words: () => readonly string[], says: () => RegExp];

const ROWS: readonly Row[] = [
  ['models show', () => ['models', 'show', NOBODY], () => NO_RUN],
  ['models compare', () => ['models', 'compare', run, NOBODY], () => NO_RUN],
  [
    'models compare, on a month',
    () => ['models', 'compare', run, run, '--month', '2033-01'],
    () => /not in the data bucket: 2033-01.*tripcast ingest --taxi-type green --from 2033-01/,
  ],
  ['models recalibrate', () => ['models', 'recalibrate', NOBODY, '--months', '2033-01'], () => NO_RUN],
  [
    'models recalibrate, on a month that is not there yet',
    () => ['models', 'recalibrate', run, '--months', '2033-01'],
    () => /not in the data bucket: 2033-01.*tripcast ingest --taxi-type green --from 2033-01/,
  ],
  [
    'models recalibrate, on a month that the run was trained on',
    () => ['models', 'recalibrate', run, '--months', '2023-03'],
    () => new RegExp(`Run ${run} predicts with trees that were trained on 2023-03.*Give months that it has not seen`),
  ],
  ['models promote', () => ['models', 'promote', NOBODY], () => NO_RUN],
  ['models copy', () => ['models', 'copy', NOBODY, '--from', 'dev', '--to', 'prod'], () => NO_RUN],
  ['batch', () => ['batch', '--month', '2033-01', '--run-id', NOBODY], () => NO_RUN],
  [
    'batch, other taxis',
    () => ['batch', '--month', '2033-01', '--run-id', run, '--taxi-type', 'yellow'],
    () => new RegExp(`${run} was trained on green rides.*--taxi-type green`),
  ],
  ['backfill', () => ['backfill', '--from', '2033-01', '--to', '2033-02', '--run-id', NOBODY], () => NO_RUN],
  [
    'backfill --attach, another state machine',
    () => ['backfill', '--attach', executionOf('MonthlyBatchArn')],
    () => /monthly-batch:not-there is not an execution of tripcast-dev-backfill\. Give the ARN/,
  ],
  [
    'backfill --attach, no execution',
    () => ['backfill', '--attach', executionOf('BackfillArn')],
    () => /There is no execution .*Check its ARN/,
  ],
  [
    'train',
    () => ['train', '--recipe', 'linear-pair', '--train', '2033-01'],
    () => /not in the data bucket: 2033-01, 2033-02.*tripcast ingest --taxi-type green --from 2033-01 --to 2033-02/,
  ],
  ['stream replay', () => ['stream', 'replay', '--month', '2033-01'], () => /not in the data bucket: 2033-01.*ingest/],
  ['explain', () => ['explain', '2033/01_0'], () => /green 2033-01 was not scored.*tripcast batch.*--month 2033-01/],
  ['score', () => ['score', realMonth('2023-04'), join(folder, 'out.parquet'), '--model', NOBODY], () => NO_RUN],
  ['serve', () => ['serve', '--model', NOBODY], () => NO_RUN],
  [
    'invoke',
    () => ['invoke', 'plan', join(folder, 'event.json')],
    () => /tripcast-dev-plan failed: .*month is "2023-13".*tripcast logs/,
  ],
];

test.each(ROWS)('%s ends with 1 and one line, and changes nothing', async (_, words, says) => {
  const before = await everything();
  const ended = await runCommand(words());
  expect(ended.err).toMatch(/^tripcast: .+[.)]\n$/); // one line: a dot matches no line's end
  expect(ended.err).toMatch(says());
  expect(ended.err).not.toMatch(/^ {4}at |Runtime\.HandlerError|node_modules/m);
  expect(ended).toMatchObject({ out: '', code: 1 });
  expect(await everything()).toEqual(before);
});
