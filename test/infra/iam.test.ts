import { describe, expect, test } from 'vitest';
import { iamText, type ReadableStatement, statementsIn } from './support/iam-text.ts';
import { synthesizeDelivery, synthesized } from './support/synthesized.ts';

const stacks = [
  ['prod', statementsIn(synthesized('prod'))],
  ['delivery', statementsIn(synthesizeDelivery())],
] as const;

/** The only statement that applies everywhere is a denial: of plain HTTP. */
const isRefusal = ({ effect }: ReadableStatement) => effect === 'Deny';

describe.each(stacks)('the permissions of %s', (name, statements) => {
  // Who may do what, for review. After an intended change: npm run test:infra -- test/infra/iam.test.ts -u
  test('are those that were reviewed', async () => {
    expect(statements.length).toBeGreaterThan(3);
    await expect(iamText(statements)).toMatchFileSnapshot(`iam-${name}.txt`);
  });

  test('trust only named principals', () => {
    const allowed = statements.filter((each) => !isRefusal(each)).flatMap(({ principals }) => principals);
    expect(allowed.length).toBeGreaterThan(1);
    expect(allowed.filter((principal) => /\*/.test(principal))).toEqual([]);
  });

  // Lambda sends no source when it assumes a function's role (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html).
  test('let a service assume a role only on behalf of this account, if the service says on whose', () => {
    const trusts = statements.filter(
      ({ principals, actions }) =>
        actions.includes('sts:AssumeRole') && principals.some((each) => /^Service (?!lambda\.)/.test(each)),
    );
    for (const { of, conditions } of trusts) {
      expect(conditions.join(), of).toContain('StringEquals aws:SourceAccount = {AccountId}');
    }
  });

  test('let a service access our resources only on behalf of this account', () => {
    const services = statements.filter(
      ({ principals, actions }) =>
        principals.some((each) => each.startsWith('Service ')) && !actions.includes('sts:AssumeRole'),
    );
    for (const { of, conditions } of services) {
      expect(conditions.join(), of).toMatch(/aws:SourceArn|aws:SourceAccount/);
    }
  });
});
