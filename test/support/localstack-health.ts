import type { LocalStackHealth } from '#local/localstack.ts';

/** What LocalStack 4.14.0 answered without a license, run from its Python package on 2026-11-21. */
export const RECORDED: LocalStackHealth = {
  services: Object.fromEntries(
    'acm apigateway cloudformation cloudwatch config dynamodb dynamodbstreams ec2 es events firehose iam kinesis kms lambda logs opensearch redshift resource-groups resourcegroupstaggingapi route53 route53resolver s3 s3control scheduler secretsmanager ses sns sqs ssm stepfunctions sts support swf transcribe'
      .split(' ')
      .map((service) => [service, 'available']),
  ),
  edition: 'unknown',
  version: '4.14.0',
};
