/** `npm run test:aws`. */
import { main } from './main.ts';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof TypeError && 'code' in error ? 2 : 1; // parseArgs says what is wrong
}
