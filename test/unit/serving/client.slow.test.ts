import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateApi } from 'swagger-typescript-api';
import { expect, test } from 'vitest';
import { openApiDocument } from '#serving/openapi.ts';
import { CLONE } from '#setup/paths.mjs';
import { anApiWithRecords, listening } from '../../support/an-api.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = promisify(execFile);

/** What somebody would write with the client; it prints what the API answered. */
const PROGRAM = `
import { Api, type Prediction } from './client.ts';
const { predict, models, months, zones, health } = new Api({ baseUrl: process.argv[2] ?? '' });
const { data: one } = await predict.predict({ PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, ride_id: 'r' });
const minutes: number = (one satisfies Prediction).predicted_duration;
const { data: many } = await predict.predictBatch({ rides: [{ PULocationID: 130, DOLocationID: 205 }, { PULocationID: 1, DOLocationID: 2 }] });
const outcomes = many.answers.map((answer) => (answer.outcome === 'predicted' ? answer.distance_source : answer.problems[0]?.reason));
const refused = await predict.predict({ PULocationID: 0, DOLocationID: 205 }).catch((answer) => answer.error.problems[0].field);
const champion = (await models.champion()).data;
console.log(JSON.stringify({
  minutes, outcomes, refused,
  rmse: champion.card.validation.rmse,
  promotions: (await models.modelHistory()).data.promotions.length,
  month: (await months.months()).data.months[0]?.monitoring?.verdict,
  zones: (await zones.zones()).data.zones.length,
  status: (await health.health()).data.status,
}));
`;

test('a client that swagger-typescript-api generates from openapi.json type-checks and works', async () => {
  const folder = temporaryFolder();
  // JSON, as a client's maker would have it; the type of the option is OpenAPI 2's.
  const spec = JSON.parse(JSON.stringify(openApiDocument()));
  const { files } = await generateApi({ spec, output: false, silent: true });
  writeFileSync(join(folder, 'client.ts'), files.map(({ fileContent }) => fileContent).join('\n'));
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const strict = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--allowImportingTsExtensions'];
  const modules = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,dom', '--skipLibCheck'];
  const types = ['--types', 'node', '--typeRoots', join(CLONE, 'node_modules/@types')];
  const tsc = [join(CLONE, 'node_modules/typescript/bin/tsc'), 'program.ts', ...strict, ...modules, ...types];
  const checked = await run(process.execPath, tsc, { cwd: folder }).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(checked.stdout).toBe('');

  const url = await listening((await anApiWithRecords()).app);
  const program = ['--experimental-transform-types', '--no-warnings', join(folder, 'program.ts'), url];
  const { stdout } = await run(process.execPath, program, { cwd: folder });
  expect(JSON.parse(stdout)).toEqual({
    minutes: expect.closeTo(18.72, 1), // 13 + 2.05 + 3.66, and the hour / 1000: see a-scorer.ts
    outcomes: ['typical', 'typical'],
    refused: 'PULocationID',
    rmse: 6,
    promotions: 2,
    month: 'harm',
    zones: 265,
    status: 'ok',
  });
});
