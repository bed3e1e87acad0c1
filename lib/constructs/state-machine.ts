import { readFileSync } from 'node:fs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, LogLevel, StateMachine as SfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { shown, TripcastError } from '#errors.ts';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding, acceptWildcard } from './accept-finding.ts';
import type { Grantee } from './private-bucket.ts';
import { PrivateLogGroup } from './private-log-group.ts';
import type { TripcastFunction } from './tripcast-function.ts';

export interface StateMachineProps {
  readonly config: Config;
  /** In the file stepfunctions/{name}.asl.json and in the deployed name, `tripcast-{env}-{name}`. */
  readonly name: string;
  /** The functions it may invoke, by their placeholder in the file. */
  readonly functions: Readonly<Record<string, TripcastFunction>>;
  /** The topics it may publish to, by placeholder. */
  readonly topics?: Readonly<Record<string, ITopic>>;
  /** Numbers and texts in the file, by placeholder. */
  readonly values?: Readonly<Record<string, number | string>>;
}

/** A state machine from its file; its role may do what the placeholders name, and nothing else. */
export class StateMachine extends Construct {
  /** Of the file. */
  readonly name: string;
  /** The functions it invokes. */
  readonly functions: readonly TripcastFunction[];
  readonly stateMachine: SfnStateMachine;

  constructor(scope: Construct, id: string, props: StateMachineProps) {
    super(scope, id);
    const { config, name, functions, topics = {}, values = {} } = props;
    this.name = name;
    this.functions = Object.values(functions);
    const deployedName = resourceName(config.env, name);
    const definitionSubstitutions = {
      ...mapValues(functions, (each) => each.function.functionArn),
      ...mapValues(topics, (topic) => topic.topicArn),
      ...mapValues(values, String),
    };
    this.stateMachine = new SfnStateMachine(this, 'StateMachine', {
      stateMachineName: deployedName,
      definitionBody: DefinitionBody.fromString(readDefinition(name, Object.keys(definitionSubstitutions))),
      definitionSubstitutions,
      tracingEnabled: true,
      logs: {
        // Under /aws/vendedlogs the log needs no entry of its own in the account's log policy, whose length is limited.
        destination: new PrivateLogGroup(this, 'Logs', { config, name: `/aws/vendedlogs/states/${deployedName}` })
          .logGroup,
        level: LogLevel[config.logs.workflowLevel],
        includeExecutionData: config.logs.workflowData,
      },
    });
    for (const each of Object.values(functions)) {
      // Not grantInvoke: that adds every version and alias of the function.
      this.stateMachine.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [each.function.functionArn] }),
      );
    }
    for (const topic of Object.values(topics)) topic.grantPublish(this.stateMachine);
    acceptFinding(this, 'IAM5[Resource::*]', 'AWS offers no narrower resource for traces and log delivery.');
    if (Object.keys(topics).length > 0) {
      acceptFinding(
        this,
        'IAM5[Action::kms:GenerateDataKey*]',
        "One key, the topic's: what SNS documents for publishers.",
      );
    }
  }

  /** Lets someone see which executions there are, and do something with each. */
  grantExecutions(grantee: Grantee, action: `states:${string}`): void {
    const executions = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.stateMachine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const { stateMachineArn } = this.stateMachine;
    for (const [each, resource] of [
      ['states:ListExecutions', stateMachineArn],
      [action, executions],
    ] as const) {
      grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: [each], resources: [resource] }));
    }
    acceptWildcard(grantee, executions, 'The executions of one state machine; they get their names when they start.');
  }

  /** Lets someone see the definition, and how far executions got. */
  grantWatch(grantee: Grantee): void {
    this.grantExecutions(grantee, 'states:GetExecutionHistory');
    const { stateMachineArn } = this.stateMachine;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['states:DescribeStateMachine'], resources: [stateMachineArn] }),
    );
  }
}

/** @throws TripcastError if the file's placeholders are not those given: CloudFormation would notice late or never */
export function readDefinition(name: string, substitutions: readonly string[]): string {
  const file = `stepfunctions/${name}.asl.json`;
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const placeholders = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, placeholder = '']) => placeholder);
  const odd = [
    ...new Set(placeholders.filter((each) => !substitutions.includes(each))),
    ...substitutions.filter((each) => !placeholders.includes(each)),
  ];
  if (odd.length === 0) return text;
  throw new TripcastError(
    `${file} and the stack do not agree on ${odd.map(shown).join(', ')}`,
    'Each placeholder in the file needs a value in lib/rooms, and each value needs a placeholder.',
  );
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
