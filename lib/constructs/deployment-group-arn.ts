import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import type { EnvironmentName } from '../config/environment-files.ts';
import type { LiveFunctionName } from '../config/functions.ts';
import { codeDeployNames } from '../config/names.ts';

/** The ARN of the CodeDeploy group that shifts a live function's traffic, in the account and region of `scope`. */
export function deploymentGroupArn(scope: IConstruct, env: EnvironmentName, name: LiveFunctionName): string {
  const { application, groupOf } = codeDeployNames(env);
  return Stack.of(scope).formatArn({
    service: 'codedeploy',
    resource: 'deploymentgroup',
    resourceName: `${application}/${groupOf(name)}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
