import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Results } from '#cli/view/results.ts';

/** A stream that takes so many writes and then fails as the system would. */
function takes(writes: number, code = 'EPIPE') {
  const written: string[] = [];
  const stream = new Writable({
    autoDestroy: false, // as standard output is
    write(chunk, _, done) {
      if (String(chunk) === '') return done();
      if (written.length === writes) return done(Object.assign(new Error(`write ${code}`), { code }));
      written.push(String(chunk));
      done();
    },
  });
  stream.on('error', () => {});
  return { stream, written };
}

/** A command that writes results until nobody can read them, as `stream tail` does. */
async function* until({ lost }: Results) {
  for (let n = 1; !lost.aborted; n++) {
    yield `${n}\n`;
    await new Promise(setImmediate);
  }
}

test('what was written and read is success', async () => {
  const { stream, written } = takes(3);
  const results = new Results(stream);
  results.write('one\n');
  expect(await results.exitCode()).toBe(0);
  expect(results.lost.aborted).toBe(false);
  expect(written).toEqual(['one\n']);
});

test('a command without an end learns that its reader has left, and ends with 141', async () => {
  const { stream, written } = takes(2);
  const results = new Results(stream);
  for await (const line of until(results)) results.write(line);
  expect(written).toEqual(['1\n', '2\n']);
  expect(await results.exitCode()).toBe(141);
});

test('a result that could not be written for another reason is an error that names it', async () => {
  const results = new Results(takes(0, 'ENOSPC').stream);
  results.write('one\n');
  await expect(results.exitCode()).rejects.toThrow(/could not be written to standard output: write ENOSPC\. Write it/);
});
