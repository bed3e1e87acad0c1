/**
 * The reader of standard output or standard error may go away (`| head -1`, a closed terminal), and a disk may fill up:
 * without a listener, Node then ends the process in the middle of its work. What is written after that is lost. Call
 * this first; calling it again does nothing.
 */
export function outliveReaders() {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  }
}

function ignore() {}
