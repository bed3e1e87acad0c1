/** Monitoring's false alarms, power and speed. See README.md. usage: bench.ts [ledger] [speed] [--repetitions N] */
import { parseArgs } from 'node:util';
import { ledgerMarkdown, writeInto } from './document.ts';
import { makeLedger } from './ledger.ts';
import { speedMarkdown } from './speed.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repetitions: { type: 'string', default: '200' } },
});
const wants = (part: string) => positionals.length === 0 || positionals.includes(part);

if (wants('ledger')) {
  const repetitions = Number(values.repetitions);
  const size = {
    repetitions,
    shiftRepetitions: Math.ceil(repetitions / 4),
    quarters: Math.ceil(repetitions / 20),
    streamQuarters: Math.ceil(repetitions / 40),
  };
  const markdown = ledgerMarkdown(await makeLedger(size));
  console.log(markdown);
  if (repetitions >= 200) writeInto('ledger', markdown); // fewer say too little
}

if (wants('speed')) {
  const markdown = await speedMarkdown();
  console.log(markdown);
  writeInto('speed', markdown);
}
