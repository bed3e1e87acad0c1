import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { bundleCommandLine, freshBundle } from '#setup/cli-bundle.mjs';
import { aCloneWith } from '../../support/a-clone.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A clone of a worker and two files; the second is imported when it is needed, and finds the clone from where it is. */
function aClone(): string {
  const root = temporaryFolder();
  for (const folder of ['bin', 'src/local', 'src/adapters', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
  writeFileSync(join(root, 'src/adapters/scoring-worker.ts'), 'console.log(1);');
  writeFileSync(
    join(root, 'bin/tripcast.ts'),
    `void import('../src/local/said.ts').then(({ said }) => console.log(said));`,
  );
  say(root, 'first');
  return root;
}

const SAID = 'src/local/said.ts';
const say = (root: string, text: string) =>
  writeFileSync(
    join(root, SAID),
    `import { fileURLToPath } from 'node:url';
    export const said: string = ${JSON.stringify(text)} + ' ' + fileURLToPath(new URL('../..', import.meta.url));`,
  );

async function bundled(root: string): Promise<string> {
  await bundleCommandLine(root);
  return freshBundle(root) ?? expect.fail('There is no fresh bundle.');
}

const runs = (file: string) => execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim();

describe('the bundle of the command line', () => {
  test('says what the sources say, and finds the clone as they do', async () => {
    const root = aClone();
    expect(freshBundle(root)).toBeUndefined();
    const file = await bundled(root);
    expect(runs(file)).toBe(`first ${root}/`);
    expect(runs(file)).toBe(runs(join(root, 'bin/tripcast.ts')));
  });

  test('is ignored once a source has changed, and rebuilt next to the one that may still be running', async () => {
    const root = aClone();
    const first = await bundled(root);
    say(root, 'other');
    expect(freshBundle(root)).toBeUndefined();
    expect(runs(await bundled(root))).toBe(`other ${root}/`);
    expect(runs(first)).toBe(`first ${root}/`);
  });

  test.each([
    [
      'a source was touched',
      (root: string) => utimesSync(join(root, SAID), new Date(), new Date('2020-01-01T00:00:00Z')),
    ],
    ['npm installed anew', (root: string) => writeFileSync(join(root, 'node_modules/.package-lock.json'), '{ }')],
  ])('is ignored when %s', async (_, change) => {
    const root = aClone();
    await bundled(root);
    change(root);
    expect(freshBundle(root)).toBeUndefined();
  });

  test.each(['', '{', 'null', '[]', '{}', '{"entry":1,"madeOf":{}}', '{"entry":"bin/tripcast.ts"}', '\0\0\0'])(
    'is ignored when its record is damaged: %j, and made again',
    async (damaged) => {
      const root = aClone();
      await bundled(root);
      writeFileSync(join(root, '.tripcast/cli.json'), damaged);
      const said = vi.spyOn(console, 'error').mockReturnValue();
      expect(freshBundle(root)).toBeUndefined();
      expect(freshBundle(root)).toBeUndefined();
      expect(said.mock.calls).toEqual([[expect.stringMatching(/cli\.json was damaged .*npm run setup/)]]);
      expect(runs(await bundled(root))).toBe(`first ${root}/`);
    },
  );

  test.each([
    ['cut short', (part: string) => truncateSync(part)],
    ['deleted', (part: string) => rmSync(part)],
  ])('is ignored when a part of it was %s', async (_, damage) => {
    const root = aClone();
    const folder = dirname(await bundled(root));
    for (const part of readdirSync(folder)) {
      damage(join(folder, part));
      expect(freshBundle(root), part).toBeUndefined();
      rmSync(folder, { recursive: true });
      await bundled(root);
    }
    expect(readdirSync(folder).length).toBeGreaterThan(1);
  });

  test('from the day before is removed by the next one', async () => {
    const root = aClone();
    await bundled(root);
    const [yesterday = ''] = bundlesOf(root);
    const then = new Date(Date.now() - 25 * 3600 * 1000);
    utimesSync(join(root, '.tripcast', yesterday), then, then);
    say(root, 'other');
    await bundled(root);
    expect(bundlesOf(root)).toEqual([expect.not.stringMatching(yesterday)]);
  });
});

describe('an environment that is added', () => {
  const cost = (file: string) =>
    JSON.parse(execFileSync(process.execPath, [file, 'cost', '--env', 'qa', '--json'], { encoding: 'utf8' }));

  test('is known to the sources, and to a bundle that was built before it', { timeout: 60_000 }, async () => {
    const root = aCloneWith({ qa: { region: 'eu-west-1' } });
    const added = readFileSync(join(root, 'env/qa.json'));
    rmSync(join(root, 'env/qa.json'));
    const file = await bundled(root);
    writeFileSync(join(root, 'env/qa.json'), added);
    expect(freshBundle(root)).toBe(file);
    expect(cost(file)).toMatchObject({ env: 'qa', region: 'eu-west-1' });
    expect(cost(join(root, 'bin/tripcast.ts'))).toEqual(cost(file));
  });
});

const bundlesOf = (root: string) => readdirSync(join(root, '.tripcast')).filter((name) => name.startsWith('cli-'));
