import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/config.ts';
import { parseRepository } from '../../lib/delivery/repository.ts';
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
            'StringEquals token.actions.githubusercontent.com:sub = repo:acme/tripcast:environment:prod',
          ],
        },
      ]);
    },
  );

  test('that deploys may become the bootstrap roles of this account and region, and read the quotas', () => {
    const granted = of('Deploy').filter(({ principals }) => principals.length === 0);
    const named = (name: string) =>
      `arn:aws:iam::{AccountId}:role/cdk-hnb659fds-${name}-role-{AccountId}-${loadConfig('prod').region}`;
    const [quotas, reservations, become] = granted.toSorted((a, b) => a.actions.join().localeCompare(b.actions.join()));
    expect(granted).toHaveLength(3);
    expect(become?.actions).toEqual(['sts:AssumeRole']);
    expect(become?.resources).toEqual(['deploy', 'file-publishing', 'image-publishing', 'lookup'].map(named));
    // Reading what `tripcast doctor` asks, and changing nothing.
    expect(quotas).toMatchObject({ actions: ['lambda:GetAccountSettings'], resources: ['*'] });
    expect(reservations).toMatchObject({
      actions: ['lambda:GetFunctionConcurrency'],
      resources: [
        expect.stringMatching(/:tripcast-prod-predict$/),
        expect.stringMatching(/:tripcast-prod-stream-score$/),
      ],
    });
  });

  test('that checks a deploy reaches the live functions only', () => {
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

test("GitHub's identity provider, of which an account has one, is made or found", () => {
  const made = synthesizeDelivery('new').template;
  made.hasResource('AWS::IAM::OIDCProvider', {
    Properties: { Url: 'https://token.actions.githubusercontent.com', ClientIdList: ['sts.amazonaws.com'] },
    DeletionPolicy: 'RetainExceptOnCreate',
  });
  const found = synthesizeDelivery('existing');
  found.template.resourceCountIs('AWS::IAM::OIDCProvider', 0);
  expect(statementsIn(found).flatMap(({ principals }) => principals)).toEqual([
    'Federated arn:aws:iam::{AccountId}:oidc-provider/token.actions.githubusercontent.com',
    'Federated arn:aws:iam::{AccountId}:oidc-provider/token.actions.githubusercontent.com',
  ]);
});

describe('a repository', () => {
  test.each(['acme/tripcast', 'a-b/c.d_e-f'])('is %s', (name) => expect(parseRepository(name)).toBe(name));

  test.each([
    'acme',
    'acme/*',
    '*/tripcast',
    'acme/trip?ast',
    'acme/tripcast:ref',
    'acme/trip cast',
    '-a/b',
    'a/b/c',
    7,
  ])('is not %j', (name) =>
    expect(() => parseRepository(name)).toThrow(/is no GitHub repository.*repository=OWNER\/NAME/),
  );
});

test('no role is made for an emulator', () => {
  expect(() => synthesizeDelivery('new', 'dev')).toThrow(
    'env/dev.json has the endpointUrl "http://127.0.0.1:4566", and GitHub\'s roles are made on AWS itself',
  );
});
