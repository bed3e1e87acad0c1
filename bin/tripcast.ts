import { failureOf } from '#cli/failure.ts';
import { main } from '#cli/program.ts';

// Anything thrown where nobody catches it, in a socket's or a timer's callback, is reported like any other failure.
process.on('uncaughtException', (error) => {
  const { code, text } = failureOf(error, 'tripcast');
  if (text !== undefined) process.stderr.write(`${text}\n`);
  process.exit(code);
});

/** Awaited by whoever imports this: a CommonJS module, which the bundle is, cannot await it itself. */
export const done = main(process.argv).then((code) => {
  process.exitCode = code;
});
