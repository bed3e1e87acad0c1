import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { statementsIn } from './support/iam-text.ts';
import { synthesizeBudget, synthesized } from './support/synthesized.ts';

test('a budget notifies the topic of what the account spends, and is about to spend', () => {
  const { stack, template } = synthesizeBudget(loadConfig('prod'));
  expect([stack.stackName, stack.region]).toEqual(['tripcast-prod-budget', 'us-east-1']);
  const notice = (NotificationType: string, Threshold: number) => ({
    Notification: { NotificationType, Threshold, ThresholdType: 'PERCENTAGE', ComparisonOperator: 'GREATER_THAN' },
    Subscribers: [
      {
        SubscriptionType: 'SNS',
        Address: {
          'Fn::Join': ['', ['arn:aws:sns:eu-north-1:', { Ref: 'AWS::AccountId' }, ':tripcast-prod-notices']],
        },
      },
    ],
  });
  template.resourceCountIs('AWS::Budgets::Budget', 1);
  template.hasResourceProperties('AWS::Budgets::Budget', {
    Budget: {
      BudgetName: 'tripcast-prod-monthly',
      BudgetType: 'COST',
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: 100, Unit: 'USD' },
    },
    NotificationsWithSubscribers: [notice('ACTUAL', 80), notice('FORECASTED', 100)],
  });
});

test("the topic is the environment's, and lets budgets of the account publish", () => {
  const { resource } = synthesized('prod');
  expect(resource('AWS::SNS::Topic')[1].Properties.TopicName).toBe('tripcast-prod-notices');
  // https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
  const byBudgets = statementsIn(synthesized('prod')).filter(({ principals }) =>
    principals.includes('Service budgets.amazonaws.com'),
  );
  expect(byBudgets.map(({ effect, actions }) => [effect, actions])).toEqual([
    ['Allow', ['kms:Decrypt', 'kms:GenerateDataKey*']],
    ['Allow', ['sns:Publish']],
  ]);
  for (const { conditions } of byBudgets) {
    expect(conditions).toEqual([
      'ArnLike aws:SourceArn = arn:aws:budgets::{AccountId}:*',
      'StringEquals aws:SourceAccount = {AccountId}',
    ]);
  }
});

describe('no budget is created', () => {
  test('without an amount, and its topic then has no statement for budgets', () => {
    expect(() => synthesizeBudget(loadConfig('dev'))).toThrow('env/dev.json has budget.monthlyDollars null');
    expect(JSON.stringify(synthesized('dev').template.toJSON())).not.toMatch(/budgets/i);
  });

  test('on an emulator', () => {
    const config = { ...loadConfig('dev'), budget: { monthlyDollars: 5 } };
    expect(() => synthesizeBudget(config)).toThrow('endpointUrl "http://127.0.0.1:4566"');
  });

  test.each(ENVIRONMENTS)('in the stack of %s: CloudFormation does not support budgets in every region', (env) => {
    synthesized(env).template.resourceCountIs('AWS::Budgets::Budget', 0);
  });
});
