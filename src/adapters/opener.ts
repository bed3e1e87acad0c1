import { spawn } from 'node:child_process';

/** Shows a file in whatever the platform opens such files with. @returns whether there is something that does */
export function openFile(path: string): Promise<boolean> {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const opening = spawn(opener, [path], { stdio: 'ignore', detached: true });
  opening.unref();
  return new Promise((resolve) => {
    opening.once('spawn', () => resolve(true)).once('error', () => resolve(false));
  });
}
