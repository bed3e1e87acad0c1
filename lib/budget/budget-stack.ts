import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { CliCredentialsStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { shown, TripcastError } from '#errors.ts';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';

/**
 * CloudFormation supports AWS::Budgets::Budget in some regions only, and eu-north-1 is not one of them; a budget itself
 * is not tied to a region.
 */
const REGION = 'us-east-1';

/**
 * What an account may spend in a month, with an alert to the environment's topic when it is about to spend more. It
 * covers the whole account: a budget for a stack's tags stays at 0 until someone activates those tags for billing.
 */
export class BudgetStack extends Stack {
  /** @throws TripcastError for an environment without a budget, or on an emulator */
  constructor(scope: Construct, { config }: { readonly config: Config }) {
    const { env, endpointUrl, region, account, budget, tags } = config;
    const { monthlyDollars } = budget;
    if (monthlyDollars === null || endpointUrl !== null) {
      throw new TripcastError(
        `env/${env}.json has budget.monthlyDollars ${shown(monthlyDollars)} and endpointUrl ${shown(endpointUrl)}`,
        'A budget exists only on AWS: set budget.monthlyDollars to an amount and endpointUrl to null.',
      );
    }
    super(scope, resourceName(env, 'budget'), {
      description: `tripcast (${env}): the account's monthly budget`,
      env: { region: REGION, ...(account === null ? {} : { account }) },
      // It has no assets, so the region needs no bootstrap stack.
      synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer,
      tags: { ...tags, project: 'tripcast', environment: env },
    });
    const notices = `arn:${this.partition}:sns:${region}:${this.account}:${resourceName(env, 'notices')}`;
    const notice = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
      subscribers: [{ subscriptionType: 'SNS', address: notices }],
    });
    new CfnBudget(this, 'Monthly', {
      budget: {
        budgetName: resourceName(env, 'monthly'),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyDollars, unit: 'USD' },
      },
      notificationsWithSubscribers: [notice('ACTUAL', 80), notice('FORECASTED', 100)],
    });
  }
}
