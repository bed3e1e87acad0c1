import { styleText } from 'node:util';
import { doctor as examine } from '../local/doctor.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `tripcast doctor`: what this machine has, and what to do about what it lacks. */
export async function doctor(_options: CommonOptions, terminal: Terminal): Promise<void> {
  const checks = await examine();
  const width = Math.max(...checks.map(({ name }) => name.length));
  terminal.result({ ok: checks.every(({ ok }) => ok), checks }, () =>
    checks
      .map((check) => {
        const mark = check.ok ? styleText('green', '✔') : styleText('red', '✘');
        return `${mark} ${check.name.padEnd(width)}  ${check.found}${check.ok ? '' : `\n    ${check.fix}`}`;
      })
      .join('\n'),
  );
  if (!checks.every(({ ok }) => ok)) process.exitCode = 1;
}
