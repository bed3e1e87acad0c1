import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { userName } from '#cli/user-name.ts';

/** What Node throws for a uid that has no passwd entry, as in `docker run --user 4242`. */
function noPasswdEntry(): never {
  throw Object.assign(
    new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)'),
    {
      code: 'ERR_SYSTEM_ERROR',
    },
  );
}

test.each([
  [{ USER: 'ada', LOGNAME: 'lovelace' }, 'ada'],
  [{ USER: '', LOGNAME: 'lovelace' }, 'lovelace'],
  [{}, userInfo().username],
])('with the variables %j the command is given by %s', (variables, name) => {
  expect(userName(variables)).toBe(name);
});

test('a user who has a number and no name is called by the number', () => {
  expect(userName({}, noPasswdEntry)).toBe(`uid-${process.getuid?.()}`);
});
