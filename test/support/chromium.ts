import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { z } from 'zod';
import { CLONE_LOCAL } from '#setup/paths.mjs';

const PACKAGE = fileURLToPath(new URL('../', import.meta.resolve('@sparticuz/chromium')));

const PARTS = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br'].map((file) => join(PACKAGE, 'bin', file));
const UNPACK = `
  import { inflate } from '@sparticuz/chromium';
  await Promise.all(process.argv.slice(1).map((part) => inflate(part)));
`;

const FONTS_CONFIG = 'fonts.conf';
/** The package's own font first, so that pages look alike everywhere; it lacks some symbols. */
const fontsConfig = (folder: string) => `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/fonts-cache</cachedir>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`;

/**
 * A headless Chromium. On Linux x64 it comes from npm, with the libraries and fonts that a server may lack; elsewhere it is
 * the Chrome that is installed. TRIPCAST_CHROMIUM=/path/to/chrome chooses another.
 */
export async function aChromium(): Promise<Browser> {
  const { TRIPCAST_CHROMIUM: chosen } = process.env;
  if (chosen) return await chromium.launch({ executablePath: chosen });
  if (process.platform !== 'linux') return await chromium.launch({ channel: 'chrome' });
  const folder = await unpacked();
  return await chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: ['--no-sandbox', '--headless=shell'], // CI's containers run as root, where Chromium has no sandbox
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, FONTS_CONFIG),
      HOME: folder,
    },
  });
}

/** The folder with the browser, unpacked once per clone and version. */
async function unpacked(): Promise<string> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')));
  const folder = join(CLONE_LOCAL, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(CLONE_LOCAL, { recursive: true });
  const partial = await mkdtemp(join(CLONE_LOCAL, 'chromium-'));
  try {
    // A process of its own: the package unpacks to TMPDIR, which others here use too.
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', UNPACK, ...PARTS], {
      env: { ...process.env, TMPDIR: partial },
    });
    await writeFile(join(partial, FONTS_CONFIG), fontsConfig(folder));
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error; // else another test file was faster
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}
