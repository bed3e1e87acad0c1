import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE } from '#setup/paths.mjs';

/** The pinned emulator and its version. */
export function emulatorVersion(): string {
  const [, version] = /^ministack==(.+)$/m.exec(readFileSync(join(CLONE, 'requirements.txt'), 'utf8')) ?? [];
  return `MiniStack ${version}`;
}
