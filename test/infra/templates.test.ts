import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import validateStateMachine from 'asl-validator';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { CHECKS_PYTHON } from '#setup/paths.mjs';
import { synthesizeDelivery, synthesized } from './support/synthesized.ts';

/** Findings of cfn-lint that stay, each with the reason. */
const EXPLAINED = [
  {
    rule: 'W3005',
    path: /\/DependsOn\//,
    reason:
      'A function waits for its role and the policy of that; the CDK names both, though the role would do without.',
  },
  {
    rule: 'E3601',
    path: /\/States\/EachMonth\/MaxConcurrency$/,
    reason:
      'With JSONata it may be an expression (https://states-language.net/#map-state); cfn-lint takes a number only.',
  },
];

const findingSchema = z
  .object({
    Filename: z.string(),
    Rule: z.object({ Id: z.string() }),
    Message: z.string(),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])) }),
  })
  .transform(({ Filename, Rule, Message, Location }) => ({
    stack: basename(Filename, '.json'),
    rule: Rule.Id,
    path: Location.Path.join('/'),
    message: Message,
  }));
type Finding = z.infer<typeof findingSchema>;

const explains = ({ rule, path }: (typeof EXPLAINED)[number], finding: Finding) =>
  finding.rule === rule && path.test(finding.path);

/** cfn-lint's findings for each template in every region that an environment names; one call, since it starts slow. */
function cfnLint(templates: Readonly<Record<string, unknown>>, regions: readonly string[]): readonly Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'tripcast-templates-'));
  try {
    const files = Object.entries(templates).map(([name, template]) => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(template));
      return file;
    });
    // Through the interpreter: the script's first line breaks in a path with a space.
    const script = join(dirname(CHECKS_PYTHON), 'cfn-lint');
    const args = [script, '--regions', ...regions, '--format', 'json', '--', ...files];
    const { stdout, stderr, error } = spawnSync(CHECKS_PYTHON, args, { encoding: 'utf8' });
    if (error !== undefined || stderr !== '') throw error ?? new Error(stderr);
    return z.array(findingSchema).parse(JSON.parse(stdout));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('cfn-lint', () => {
  const environments = ENVIRONMENTS.map(synthesized);
  const templates = {
    ...Object.fromEntries(environments.map(({ config, template }) => [config.env, template.toJSON()])),
    delivery: synthesizeDelivery().template.toJSON(),
    broken: { Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { Fifo: true } } } },
  };
  let findings: readonly Finding[];
  beforeAll(() => {
    findings = cfnLint(
      templates,
      environments.map(({ config }) => config.region),
    );
  });

  test.each([...ENVIRONMENTS, 'delivery'])('finds nothing unexplained in %s', (stack) => {
    const said = findings.filter((finding) => finding.stack === stack);
    expect(said.filter((finding) => !EXPLAINED.some((each) => explains(each, finding)))).toEqual([]);
  });

  test('still finds everything that is explained', () => {
    const idle = EXPLAINED.filter((each) => !findings.some((finding) => explains(each, finding)));
    expect(idle).toEqual([]);
  });

  test('fails the test when it finds something', () => {
    const said = findings.filter(({ stack }) => stack === 'broken');
    expect(said).toMatchObject([{ rule: 'E3002', path: 'Resources/Queue/Properties/Fifo' }]);
  });
});

describe('asl-validator', () => {
  const machines = ENVIRONMENTS.flatMap((env) => [
    ...synthesized(env).resources('AWS::StepFunctions::StateMachine').values(),
  ]);
  const propertiesSchema = z.object({
    StateMachineName: z.string(),
    DefinitionString: z.string(),
    DefinitionSubstitutions: z.record(z.string(), z.unknown()),
  });

  /** The definition as Step Functions gets it; values that only CloudFormation knows are replaced with an ARN. */
  const filled = ({ DefinitionString, DefinitionSubstitutions: given }: z.infer<typeof propertiesSchema>): unknown =>
    JSON.parse(
      DefinitionString.replace(/\$\{(\w+)\}/g, (_, name: string) =>
        typeof given[name] === 'string' ? given[name] : 'arn:aws:lambda:eu-north-1:123456789012:function:some',
      ),
    );

  test.each(machines.map(({ Properties }) => propertiesSchema.parse(Properties)))(
    'takes $StateMachineName',
    (machine) => {
      expect(validateStateMachine(filled(machine)).errorsText('\n')).toBe('');
    },
  );

  test('fails the test when a state leads nowhere', () => {
    const lost = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Pass', Next: 'Nowhere' } } };
    expect(validateStateMachine(lost).errorsText('\n')).toContain('MISSING_TRANSITION_TARGET');
  });
});
