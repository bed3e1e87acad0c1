import { stderr, stdout } from 'node:process';

/**
 * Whoever reads standard output or standard error may leave (`| head -1`, a terminal that was closed), and a disk may fill
 * up: without a listener Node ends the process there, in the middle of its work. What is written from then on is lost.
 * Call it first; called again, it does nothing.
 */
export function outliveReaders() {
  for (const stream of [stdout, stderr]) {
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  }
}

function ignore() {}
