import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFile } from '#packaging/natives.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.each(['plain', 'a [x]', 'b*', 'c?', 'd{e,f}', 'g#1', 'h%20', "i'j", 'k"l', 'mü', 'n\\o', '!p', '(q)', '+(r)'])(
  'a file is found by a pattern in a clone that is called %s',
  (clone) => {
    const root = join(temporaryFolder(), clone);
    const folder = join(root, 'venv/lib/python3.12/site-packages');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'library.so'), '');
    expect(findFile(root, 'venv/lib/python3.*/site-packages/library.so')).toBe(join(folder, 'library.so'));
    expect(findFile(root, 'venv/lib/python4.*/site-packages/library.so')).toBeUndefined();
  },
);
