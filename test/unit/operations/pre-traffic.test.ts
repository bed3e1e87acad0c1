import { describe, expect, test } from 'vitest';
import { TripcastError } from '#errors.ts';
import { checkBeforeTraffic, type PreTrafficDeps, preTrafficSchema } from '#operations/pre-traffic.ts';

// As CodeDeploy calls a hook (AWS CodeDeploy User Guide, "AppSpec 'hooks' section for an AWS Lambda deployment").
const HOOK = { DeploymentId: 'd-Z1Y2X3W4V', LifecycleEventHookExecutionId: 'eyJlbmNyeXB0ZWREYXRh' };
const GOLDEN = { run_id: '0123456789abcdef0123456789abcdef', checked: 32, max_difference: 0 };
const VERSIONS = { 'tripcast-prod-stream-score': 8, 'tripcast-prod-predict': 12 };

function aRelease(answers: Readonly<Record<string, unknown>>, changes: Partial<PreTrafficDeps> = {}) {
  const asked: unknown[] = [];
  const told: unknown[] = [];
  const deps: PreTrafficDeps = {
    versions: VERSIONS,
    hasChampion: async () => true,
    invoke: async (name, version, event) => {
      asked.push([`${name}:${version}`, event]);
      const answer = answers[name];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    report: async (hook, status) => void told.push([hook, status]),
    ...changes,
  };
  return { asked, told, run: () => checkBeforeTraffic(preTrafficSchema.parse(HOOK), deps) };
}

const ALL_WELL = { 'tripcast-prod-stream-score': GOLDEN, 'tripcast-prod-predict': GOLDEN };

describe('before a new version gets traffic', () => {
  test('each version of the release answers the golden rides, and CodeDeploy is notified', async () => {
    const { run, asked, told } = aRelease(ALL_WELL);
    expect(await run()).toMatchObject({
      status: 'Succeeded',
      reasons: [/stream-score, version 8: answered 32 golden/, /predict, version 12: answered 32 golden/].map((each) =>
        expect.stringMatching(each),
      ),
    });
    expect(asked).toEqual([
      ['tripcast-prod-stream-score:8', { check: 'golden-rides' }],
      ['tripcast-prod-predict:12', { check: 'golden-rides' }],
    ]);
    expect(told).toEqual([[HOOK, 'Succeeded']]);
  });

  test.each([
    ['fails', new TripcastError('tripcast-prod-predict:12 failed: Cannot find module', 'See.'), /Cannot find module/],
    [
      'is off by more than is allowed',
      { ...GOLDEN, max_difference: 0.01 },
      /0\.01 minutes off on its golden rides; at most 0\.0001 is allowed/,
    ],
    ['answers something else', { statusCode: 200 }, /It answered/],
    ['cannot be called', new Error('AccessDenied'), /The check itself failed: Error: AccessDenied/],
  ])('one that %s stops the release, with the reason', async (_, answer, reason) => {
    const { run, told } = aRelease({ ...ALL_WELL, 'tripcast-prod-predict': answer });
    expect(await run()).toMatchObject({
      status: 'Failed',
      reasons: expect.arrayContaining([expect.stringMatching(reason)]),
    });
    expect(told).toEqual([[HOOK, 'Failed']]);
  });

  test('and before the first champion, nothing is asked and nothing is in the way', async () => {
    const { run, asked, told } = aRelease({}, { hasChampion: async () => false });
    expect(await run()).toEqual({ status: 'Succeeded', reasons: ['There is no champion yet: nothing to check'] });
    expect([asked, told]).toEqual([[], [[HOOK, 'Succeeded']]]);
  });

  test('a registry that cannot be read stops the release: CodeDeploy would wait for an hour', async () => {
    const down = async () => Promise.reject(new Error('S3 is down'));
    const { run, told } = aRelease(ALL_WELL, { hasChampion: down });
    expect(await run()).toMatchObject({ status: 'Failed', reasons: [expect.stringContaining('S3 is down')] });
    expect(told).toEqual([[HOOK, 'Failed']]);
  });

  test('a check of no versions checks nothing', async () => {
    expect(await aRelease({}, { versions: {} }).run()).toMatchObject({ status: 'Failed' });
  });

  test('an answer that does not get to CodeDeploy is an error, so that Lambda tries again', async () => {
    const { run } = aRelease(ALL_WELL, { report: () => Promise.reject(new Error('throttled')) });
    await expect(run()).rejects.toThrow('throttled');
  });
});
