import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App, type Stack } from 'aws-cdk-lib/core';
import { z } from 'zod';
import { BudgetStack } from '#lib/budget/budget-stack.ts';
import type { EnvironmentName } from '#lib/config/environment-files.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import type { Config } from '#lib/config/schema.ts';
import { DeliveryStack, type DeliveryStackProps } from '#lib/delivery/delivery-stack.ts';
import { parseRepository } from '#lib/delivery/repository.ts';
import { TripcastStack } from '#lib/tripcast-stack.ts';
import type { FunctionAssets } from '#packaging/assets.ts';
import { functionGroups } from '#packaging/function-groups.ts';

const statementSchema = z.object({
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
  Resource: z.unknown().transform((resource) => (Array.isArray(resource) ? resource : [resource])),
  Condition: z.unknown().optional(),
});
export type Statement = z.infer<typeof statementSchema>;

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.array(z.string()).default([]),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  UpdatePolicy: z.record(z.string(), z.unknown()).optional(),
});
export type Resource = z.infer<typeof resourceSchema>;

/** A stack as CloudFormation would get it, and its constructs. */
export interface SynthesizedStack {
  readonly stack: Stack;
  readonly template: Template;
  readonly terminationProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** The stack of an environment. */
export interface Synthesized extends SynthesizedStack {
  readonly config: Config;
  /** The platforms that the images are built for. */
  readonly imagePlatforms: readonly string[];
  /** Resources of a type (`AWS::S3::Bucket`), by logical id. */
  resources(type: string): ReadonlyMap<string, Resource>;
  /** The one resource of a type whose properties match. */
  resource(type: string, passes?: (properties: Resource['Properties']) => boolean): readonly [string, Resource];
  /** The policy statements of the function's role. */
  statementsOf(functionName: string): readonly Statement[];
}

type Context = Readonly<Record<string, unknown>>;

const done = new Map<EnvironmentName, Synthesized>();

/** Both environments as configured, with cdk.json's feature flags and empty assets; each is made once. */
export function synthesized(env: EnvironmentName): Synthesized {
  const made = done.get(env) ?? synthesize(loadConfig(env));
  done.set(env, made);
  return made;
}

/** @param context as given with `--context`, in addition to cdk.json */
export function synthesize(config: Config, context: Context = {}): Synthesized {
  return inTemporaryFolder((folder) => {
    const assets = emptyAssets(folder, config);
    const props = { config, assets, codeVersion: 'abc123' };
    const made = synthesizeStack(folder, context, (app) => new TripcastStack(app, props));
    const manifest = readFileSync(join(folder, 'cdk.out', `${stackName(config.env)}.assets.json`), 'utf8');
    return describe(config, made, imagePlatforms(manifest));
  });
}

/** The stack of the roles that workflows of `acme/tripcast` deploy with. @param how differences from the usual one */
export function synthesizeDelivery(
  how: Partial<DeliveryStackProps> & { readonly env?: EnvironmentName; readonly context?: Context } = {},
): SynthesizedStack {
  const { env = 'prod', context = {}, ...given } = how;
  const repository = parseRepository('acme@123456/tripcast@456789', 'ids');
  const props = { config: loadConfig(env), repository, provider: 'new', ...given } as const;
  return inTemporaryFolder((folder) => synthesizeStack(folder, context, (app) => new DeliveryStack(app, props)));
}

/** The stack of an environment's budget. */
export const synthesizeBudget = (config: Config): SynthesizedStack =>
  inTemporaryFolder((folder) => synthesizeStack(folder, {}, (app) => new BudgetStack(app, { config })));

function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'tripcast-infra-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function synthesizeStack(folder: string, given: Context, make: (app: App) => Stack): SynthesizedStack {
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(new URL('../../../cdk.json', import.meta.url), 'utf8')));
  const app = new App({
    outdir: join(folder, 'cdk.out'),
    context: { ...context, ...given },
    // Checking templates against CloudFormation's schema takes most of a synthesis's time; `cdk synth` does it.
    builtinCloudFormationValidation: false,
    autoSynth: false,
  });
  const stack = make(app);
  const artifact = app.synth().getStackByName(stack.stackName);
  const { template, terminationProtection = false, tags } = artifact;
  return { stack, template: Template.fromJSON(template), terminationProtection, tags };
}

function describe(config: Config, made: SynthesizedStack, imagePlatforms: readonly string[]): Synthesized {
  const { template } = made;
  const resources = (type: string) =>
    new Map(Object.entries(template.findResources(type)).map(([id, each]) => [id, resourceSchema.parse(each)]));
  const resource: Synthesized['resource'] = (type, passes = () => true) => {
    const [found, ...more] = [...resources(type)].filter(([, { Properties }]) => passes(Properties));
    if (found === undefined || more.length > 0) throw new Error(`${more.length + (found ? 1 : 0)} of ${type}, not one`);
    return found;
  };
  const statementsOf = (functionName: string) => {
    const [, { Properties }] = resource('AWS::Lambda::Function', (each) => each.FunctionName === functionName);
    const { Role } = z
      .object({ Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }) })
      .parse(Properties);
    const policies = z.array(
      z.object({
        Roles: z.array(z.object({ Ref: z.string() })),
        PolicyDocument: z.object({ Statement: z.array(statementSchema) }),
      }),
    );
    return policies
      .parse([...resources('AWS::IAM::Policy').values()].map((each) => each.Properties))
      .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === Role['Fn::GetAtt'][0]))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  };
  return { ...made, config, imagePlatforms, resources, resource, statementsOf };
}

function imagePlatforms(manifest: string): readonly string[] {
  const images = z.record(z.string(), z.object({ source: z.object({ platform: z.string() }) }));
  const { dockerImages } = z.object({ dockerImages: images }).parse(JSON.parse(manifest));
  return Object.values(dockerImages).map(({ source }) => source.platform);
}

function emptyAssets(folder: string, { packaging, engine }: Config): FunctionAssets {
  const groups = functionGroups(engine);
  if (packaging === 'image') {
    const images = groups.map((group) => {
      const context = join(folder, 'image', group.name);
      mkdirSync(context, { recursive: true });
      writeFileSync(join(context, 'Dockerfile'), `FROM scratch\n# ${group.libraries.join()}\n`);
      return { group, context };
    });
    return { packaging, images };
  }
  const functions = join(folder, 'functions');
  for (const name of FUNCTIONS) {
    mkdirSync(join(functions, name), { recursive: true });
    writeFileSync(join(functions, name, 'index.js'), `// ${name}\n`);
  }
  const layers = groups.map((group) => {
    const archive = join(folder, `natives-${group.name}.zip`);
    writeFileSync(archive, '');
    return { group, archive, hash: `natives-${group.libraries.join('-')}` };
  });
  return { packaging, functions, layers, architecture: 'x86_64' };
}
