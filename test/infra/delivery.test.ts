import { describe, expect, test } from 'vitest';
import { loadConfig } from '#lib/config/load.ts';
import { parseRepository } from '#lib/delivery/repository.ts';
import { statementsIn } from './support/iam-text.ts';
import { synthesizeDelivery } from './support/synthesized.ts';

describe('a workflow', () => {
  const statements = statementsIn(synthesizeDelivery());
  const of = (role: string) => statements.filter((each) => each.of === role);

  test.each(['Deploy', 'Rollout'])(
    "becomes %s with a token of this repository's environment, and with no other",
    (role) => {
      const trust = of(role).filter(({ principals }) => principals.length > 0);
      expect(trust).toEqual([
        {
          of: role,
          effect: 'Allow',
          principals: ['Federated GitHub'],
          actions: ['sts:AssumeRoleWithWebIdentity'],
          resources: [],
          conditions: [
            'StringEquals token.actions.githubusercontent.com:aud = sts.amazonaws.com',
            'StringEquals token.actions.githubusercontent.com:sub = repo:acme@123456/tripcast@456789:environment:prod',
          ],
        },
      ]);
    },
  );

  test('that deploys may assume the bootstrap roles of this account and region, read the quotas, and describe the stack', () => {
    const granted = of('Deploy').filter(({ principals }) => principals.length === 0);
    const named = (name: string) =>
      `arn:aws:iam::{AccountId}:role/cdk-hnb659fds-${name}-role-{AccountId}-${loadConfig('prod').region}`;
    const [describing, quotas, reservations, become] = granted.toSorted((a, b) =>
      a.actions.join().localeCompare(b.actions.join()),
    );
    expect(granted).toHaveLength(4);
    expect(describing).toMatchObject({
      actions: ['cloudformation:DescribeStacks'],
      resources: [`arn:aws:cloudformation:${loadConfig('prod').region}:{AccountId}:stack/tripcast-prod/*`],
    });
    expect(become?.actions).toEqual(['sts:AssumeRole']);
    expect(become?.resources).toEqual(['deploy', 'file-publishing', 'image-publishing', 'lookup'].map(named));
    // Reads what `tripcast doctor` needs, and changes nothing.
    expect(quotas).toMatchObject({ actions: ['lambda:GetAccountSettings'], resources: ['*'] });
    expect(reservations).toMatchObject({
      actions: ['lambda:GetFunctionConcurrency'],
      resources: [
        expect.stringMatching(/:tripcast-prod-predict$/),
        expect.stringMatching(/:tripcast-prod-stream-score$/),
      ],
    });
  });

  test('that checks a deploy can reach only the live functions', () => {
    const reached = of('Rollout').flatMap(({ actions, resources }) =>
      actions.some((action) => action.startsWith('lambda:')) ? resources : [],
    );
    expect([...new Set(reached.map((arn) => arn.replace(/^.*:function:/, '')))].sort()).toEqual([
      'tripcast-prod-predict',
      'tripcast-prod-predict:*',
      'tripcast-prod-stream-score',
      'tripcast-prod-stream-score:*',
    ]);
  });

  test('that checks a deploy deletes old versions, and can never delete a function', () => {
    const deleting = of('Rollout').filter(({ actions }) => actions.includes('lambda:DeleteFunction'));
    expect(deleting).toHaveLength(1);
    expect(deleting[0]?.actions).toEqual(['lambda:DeleteFunction']);
    for (const arn of deleting[0]?.resources ?? []) expect(arn).toMatch(/:function:tripcast-prod-[a-z-]+:\*$/);
  });
});

test("GitHub's identity provider, which exists once per account, is created or reused", () => {
  const made = synthesizeDelivery().template;
  made.hasResource('AWS::IAM::OIDCProvider', {
    Properties: { Url: 'https://token.actions.githubusercontent.com', ClientIdList: ['sts.amazonaws.com'] },
    DeletionPolicy: 'RetainExceptOnCreate',
  });
  const found = synthesizeDelivery({ provider: 'existing' });
  found.template.resourceCountIs('AWS::IAM::OIDCProvider', 0);
  expect(statementsIn(found).flatMap(({ principals }) => principals)).toEqual([
    'Federated arn:aws:iam::{AccountId}:oidc-provider/token.actions.githubusercontent.com',
    'Federated arn:aws:iam::{AccountId}:oidc-provider/token.actions.githubusercontent.com',
  ]);
});

describe('a repository', () => {
  test.each(['acme@123456/tripcast@456789', 'a-b@1/c.d_e-f@2'])('is %s, as its tokens name it', (name) =>
    expect(parseRepository(name)).toBe(name),
  );

  test.each(['acme/tripcast', 'a-b/c.d_e-f'])('is %s if it was created before GitHub put ids into tokens', (name) =>
    expect(parseRepository(name, 'names')).toBe(name),
  );

  test('without ids is refused unless declared old, with how to look the ids up', () => {
    expect(() => parseRepository('acme/tripcast')).toThrow(
      /"acme\/tripcast" is not a GitHub repository in the form OWNER@ID\/NAME@ID\. .*repository=OWNER@ID\/NAME@ID.*gh api repos\/acme\/tripcast --jq/,
    );
  });

  test('with ids is refused if declared old: its tokens would never match', () => {
    expect(() => parseRepository('acme@123456/tripcast@456789', 'names')).toThrow(/leave out --context subject=names/);
  });

  test('can be named only by ids or by names', () => {
    expect(() => parseRepository('acme/tripcast', 'both')).toThrow(
      '--context subject="both" is not known. Use ids or names.',
    );
  });

  const odd = [
    'acme',
    'acme/*',
    '*/tripcast',
    'acme/trip?ast',
    'acme/tripcast:ref',
    'acme/trip cast',
    '-a/b',
    'a/b/c',
    7,
  ];
  test.each([
    ...odd.map((name) => [name, 'names'] as const),
    ...[
      ...odd,
      'acme@*/tripcast@456789',
      'acme@123456/tripcast',
      'acme/tripcast@456789',
      'acme@0/tripcast@1',
      'acme@/tripcast@',
    ].map((name) => [name, 'ids'] as const),
  ])('cannot be %j, given by %s', (name, subject) =>
    expect(() => parseRepository(name, subject)).toThrow(/is not a GitHub repository/),
  );

  test('that was not named is asked for', () => {
    expect(() => parseRepository(undefined)).toThrow('The GitHub repository is missing');
  });
});

test('an old repository is still identified by its names alone', () => {
  const statements = statementsIn(synthesizeDelivery({ repository: parseRepository('acme/tripcast', 'names') }));
  expect(statements.flatMap(({ conditions }) => conditions)).toContain(
    'StringEquals token.actions.githubusercontent.com:sub = repo:acme/tripcast:environment:prod',
  );
});

test('no role is made for an emulator', () => {
  expect(() => synthesizeDelivery({ env: 'dev' })).toThrow(
    'env/dev.json has the endpointUrl "http://127.0.0.1:4566", but GitHub\'s roles exist only on AWS',
  );
});
