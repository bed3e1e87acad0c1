import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { isTlsOnly } from '../config/endpoint.ts';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';

export interface PrivateTopicProps {
  readonly config: Config;
  /** In the deployed name, `tripcast-{env}-{name}`. */
  readonly name: string;
}

/**
 * A topic over TLS that its grantees can publish to, and so can alarms named `tripcast-{env}-...` and the account's
 * budgets. It has its own key, since the policy of `alias/aws/sns` cannot be changed and lets no alarm publish
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services).
 */
export class PrivateTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { config, name }: PrivateTopicProps) {
    super(scope, id);
    const topicName = resourceName(config.env, name);
    const key = new Key(this, 'Key', {
      alias: topicName,
      description: `Messages of the topic ${topicName}, while they are being delivered`,
      enableKeyRotation: true,
      // A topic stores nothing: once it is gone, there is nothing left to read with its key.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.topic = new Topic(this, 'Topic', { topicName, masterKey: key, enforceSSL: isTlsOnly(config) });
    for (const publisher of this.#publishers(config)) {
      // A topic with a policy loses the default one, which lets its own account's alarms publish.
      this.topic.addToResourcePolicy(this.#allow(publisher, ['sns:Publish'], this.topic.topicArn));
      key.addToResourcePolicy(this.#allow(publisher, ['kms:Decrypt', 'kms:GenerateDataKey*'], '*')); // the key itself
    }
  }

  #publishers({ env, budget }: Config): readonly Publisher[] {
    const stack = Stack.of(this);
    const alarms = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: resourceName(env, '*'),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    const budgets = `arn:${stack.partition}:budgets::${stack.account}:*`;
    return [
      { service: 'cloudwatch.amazonaws.com', sourceArn: alarms },
      ...(budget.monthlyDollars === null ? [] : [{ service: 'budgets.amazonaws.com', sourceArn: budgets }]),
    ];
  }

  /** Both conditions keep other accounts from publishing through these services. */
  #allow({ service, sourceArn }: Publisher, actions: string[], resource: string): PolicyStatement {
    return new PolicyStatement({
      principals: [new ServicePrincipal(service)],
      actions,
      resources: [resource],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
        ArnLike: { 'aws:SourceArn': sourceArn },
      },
    });
  }
}

/** An AWS service that publishes, and on whose behalf. */
interface Publisher {
  readonly service: string;
  readonly sourceArn: string;
}
