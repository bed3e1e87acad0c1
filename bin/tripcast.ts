import { failureOf } from '#cli/failure.ts';
import { main } from '#cli/program.ts';

// What is thrown where nobody waits for it, in a socket's or a timer's callback, is said as any other failure.
process.on('uncaughtException', (error) => {
  const { code, text } = failureOf(error, 'tripcast');
  if (text !== undefined) process.stderr.write(`${text}\n`);
  process.exit(code);
});

process.exitCode = await main(process.argv);
