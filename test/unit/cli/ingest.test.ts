import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ingest } from '#cli/commands/ingest.ts';
import { parseMonth } from '#trips/month.ts';
import { parseTaxiType } from '#trips/taxi-type.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

test.each([
  ['is not there', () => join(temporaryFolder(), 'nowhere'), /There is no folder .*nowhere\. Give --source the folder/],
  ['is a file', () => realMonth('2023-04'), /2023-04\.parquet is a file, not a folder\. Give --source the folder/],
  ['is an address of another kind', () => 'ftp://host/trips', /There is no folder ftp:.*or an http\(s\) address/],
])('a source that %s is named, before the environment is asked for', async (_, source, says) => {
  const april = parseMonth('2023-04');
  const options = { taxiType: parseTaxiType('green'), from: april, to: april, env: 'dev', json: true };
  await expect(ingest({ ...options, source: source() }, silentTerminal())).rejects.toThrow(says);
});
