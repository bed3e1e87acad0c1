import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsOf, runbookHeadings, runbookSection } from '#monitoring/why/runbook.ts';
import { CLONE } from '#setup/paths.mjs';
import { runCommand } from '../../support/run-command.ts';

const RUNBOOK = readFileSync(join(CLONE, 'docs', 'runbook.md'), 'utf8');
const NAMES = { function: ['stream-score', 'score'], 'state machine': ['training'], schedule: ['schedule'] };
const sectionOf = (alarm: string) => runbookSection(RUNBOOK, { alarm, names: NAMES });

const filledIn = (heading: string) =>
  heading.replace('{function}', 'score').replace('{state machine}', 'training').replace('{schedule}', 'schedule');

describe('the runbook', () => {
  test.each(runbookHeadings(RUNBOOK))('says of %s what it means, where to look and what to do', (heading) => {
    const found = sectionOf(filledIn(heading));
    for (const text of [found?.meaning, found?.look, found?.fix]) expect(text?.length).toBeGreaterThan(10);
    expect(RUNBOOK).toContain(`### \`${heading}\`\n\n**Meaning.** ${found?.meaning}\n`);
  });

  test('an alarm of one function has the section of all of them', () => {
    expect(sectionOf('stream-score-new-version-errors')?.section).toBe('docs/runbook.md#function-new-version-errors');
    expect(sectionOf('score-errors')).toMatchObject({ section: 'docs/runbook.md#function-errors', about: 'score' });
    expect(sectionOf('training-timed-out')?.section).toBe('docs/runbook.md#state-machine-timed-out');
    expect(sectionOf('api-errors')).toMatchObject({ section: 'docs/runbook.md#api-errors', about: null });
  });

  test.each(['nonsense-errors', 'errors', 'stream', '{function}-errors', ''])('has no section for %j', (alarm) => {
    expect(sectionOf(alarm)).toBeUndefined();
  });

  test('its commands are turned to the environment', () => {
    const part = {
      look: 'See `npx tripcast logs plan --env prod`; `sha256`.',
      fix: '`aws sqs purge --name tripcast-prod-x`',
    };
    expect(commandsOf(part, 'staging')).toEqual([
      'npx tripcast logs plan --env staging',
      'aws sqs purge --name tripcast-staging-x',
    ]);
    expect(commandsOf(part, 'dev')).toEqual(['npx tripcast logs plan', 'aws sqs purge --name tripcast-dev-x']);
  });
});

test('`tripcast why` needs no environment for an alarm that is about no month', async () => {
  for (const words of [['predict-slow'], ['tripcast-dev-predict-slow']]) {
    const { out, code } = await runCommand(['why', ...words]);
    expect(code).toBe(0);
    expect(out).toMatch(/^predict-slow: One call in a hundred/);
    expect(out).toContain('  npx tripcast logs predict\n');
    expect(out).toContain(
      'describe-alarms --alarm-names tripcast-dev-predict-slow --region us-east-1 --endpoint-url http',
    );
    expect(out).toContain('More: docs/runbook.md#function-slow');
  }
  const { out } = await runCommand(['why', 'stream-behind', '--env', 'prod', '--json']);
  expect(JSON.parse(out)).toMatchObject({
    alarm: 'stream-behind',
    runbook: { section: 'docs/runbook.md#stream-behind' },
  });
});
