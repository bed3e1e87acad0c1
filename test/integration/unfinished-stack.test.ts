import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '#lib/config/load.ts';
import { bucketNames } from '#lib/config/names.ts';
import { ACCOUNT, deployDocument, type NewAccount, newAccount } from '../support/new-account.ts';

let account: NewAccount;
beforeAll(async () => {
  account = await newAccount('unfinished-stack');
});
afterAll(() => account.close());

test('docs/deploy.md has a way out for a protected stack that could not be created', { timeout: 600_000 }, async () => {
  const { run, stackOfProd } = account;
  const { bootstrap, first, deploy, wayOut } = deployDocument();
  expect(await run(bootstrap)).toMatchObject({ code: 0 });
  const { undelivered } = bucketNames(loadConfig('prod'), ACCOUNT);
  expect(await run(`aws s3 mb s3://${undelivered}`)).toMatchObject({ code: 0 }); // a name that is taken
  const broken = await run(deploy);
  expect(broken.code).toBe(1);
  expect(await stackOfProd(), broken.said).toBe('ROLLBACK_COMPLETE True');
  expect(await run(`aws s3 rb s3://${undelivered}`)).toMatchObject({ code: 0 });
  const refused = await run(deploy);
  expect(refused.code).toBe(1);
  expect(refused.said).toMatch(/TerminationProtection is enabled/);
  expect(await run(wayOut)).toMatchObject({ code: 0 });
  expect(await stackOfProd()).toBe('ROLLBACK_COMPLETE False');
  expect(await run(first)).toMatchObject({ code: 0 }); // begins by deleting it
  expect(await stackOfProd()).toBe('CREATE_COMPLETE False');
});
