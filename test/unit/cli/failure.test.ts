import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { failureOf } from '#cli/failure.ts';
import { WrongUsage } from '#cli/wrong-usage.ts';
import { TripcastError } from '#errors.ts';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const said = (error: unknown) => failureOf(error, 'tripcast batch', '');
const coded = (code: string, message: string) => Object.assign(new Error(message), { code });
const awsError = (name: string, message: string) =>
  new S3ServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 403 } });
const zodError = () => z.object({ a: z.string() }).safeParse({ a: 1 }).error;

describe('what a person reads of an error is one line with the fix', () => {
  test.each([
    [new TripcastError('It is broken', 'Fix it.'), 'tripcast: It is broken. Fix it.'],
    [new TypeError('x is undefined'), /Unexpected TypeError: x is undefined\. .*bug in tripcast.*TRIPCAST_DEBUG=1/],
    [zodError(), /Unexpected ZodError: .*TRIPCAST_DEBUG=1/],
    ['thrown text', /Unexpected thrown text\. .*TRIPCAST_DEBUG=1/],
    [coded('ENOSPC', 'ENOSPC: no space left on device, write'), /ENOSPC: no space left on device, write\. Free some/],
    [coded('EACCES', "EACCES: permission denied, open '/x'"), /EACCES: permission denied, open '\/x'\. .*another path/],
    [coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'), /does not answer \(connect ECONNREFUSED.*status/],
    [awsError('AccessDenied', 'User: ana is not authorized'), /AWS answered AccessDenied: User: ana .*AWS_PROFILE/],
    [awsError('SlowDown', 'Please reduce your request rate.'), /AWS answered SlowDown: .* rate\. Try again/],
    [awsError('ExpiredToken', 'The token has expired'), /no valid AWS credentials \(The token has expired\)\. Sign in/],
    [
      new Error('fetch https://ana:s3cret@host/x failed'),
      /Unexpected Error: fetch https:\/\/host\/x failed\. .*bug in tripcast/,
    ],
  ])('%s', (error, expected) => {
    const { code, text } = said(error);
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
    expect(text).toMatch(/^tripcast: .+\.$/); // one line: a dot matches no line's end
    expect(code).toBe(1);
  });

  test('wrong usage ends with 2', () => {
    expect(said(new WrongUsage('It is odd', 'Even it.'))).toEqual({ code: 2, text: 'tripcast: It is odd. Even it.' });
  });

  test('nothing after Ctrl-C: what was interrupted has said so', () => {
    expect(said(new DOMException('Aborted', 'AbortError'))).toEqual({ code: 1, text: undefined });
  });

  test('the stack, too, where TRIPCAST_DEBUG asks for it, without passwords', () => {
    const { text } = failureOf(new Error('fetch https://ana:s3cret@host/x failed'), 'tripcast batch', '1');
    expect(text).toMatch(/^tripcast: Unexpected .*\n.*\n {4}at /s);
    expect(text).not.toContain('s3cret');
  });
});

test('an error thrown where nobody waits for it ends the process with one line, too', async () => {
  const later = "setTimeout(() => { throw new TypeError('late') }, 0)";
  const late = `process.on('newListener', (event) => { if (event === 'uncaughtException') ${later} })`;
  const ended = await new Promise<{ readonly code: unknown; readonly err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--import', `data:text/javascript,${late}`, join(CLONE, 'bin/tripcast.mjs'), 'status'],
      { env: { ...process.env, TRIPCAST_LOCAL: temporaryFolder(), TRIPCAST_DEBUG: '' } },
      (error, _, err) => resolve({ code: error?.code, err }),
    );
  });
  expect(ended.err).toMatch(/^tripcast: Unexpected TypeError: late\. .*TRIPCAST_DEBUG=1.*\n$/);
  expect(ended.code).toBe(1);
});
