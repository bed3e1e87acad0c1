import { stripVTControlCharacters, styleText } from 'node:util';
import { Redrawn, type Screen } from './redrawn.ts';

/** A piece of long work as shown: a bar on a terminal, plain lines otherwise. */
export interface Progress {
  /**
   * @param done of the total, if there is one
   * @param note what is being done now
   */
  update(done: number, note?: string): void;
  /** Ends it with the result. */
  done(text: string): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 80;
/** Without a terminal, a line this often shows that it is alive; one that says nothing new comes much less often. */
const LINE_MS = 5000;
const SAME_LINE_MS = 60_000;

/** One line that is redrawn in place; for terminals. */
export function bar(label: string, total: number | undefined, screen: Screen = process.stderr): Progress {
  const started = performance.now();
  const block = new Redrawn(screen);
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    update(done, note = '') {
      if (performance.now() - drawn < REDRAW_MS && done !== total) return;
      drawn = performance.now();
      const at = total === undefined ? '' : `${barOf(done, total)} `;
      block.draw([`  ${label} ${at}${styleText('dim', `${note} (${elapsed(started)})`)}`]);
    },
    done(text) {
      block.erase();
      screen.write(`${doneLine(label, text, started)}\n`); // whole, however long: it stays
    },
  };
}

/** An occasional line; for files and pipes. */
export function lines(label: string, total: number | undefined, to: NodeJS.WriteStream): Progress {
  const started = performance.now();
  let said = { at: started, text: '' };
  return {
    update(done, note = '') {
      const text = [total === undefined ? '' : `${done} of ${total}`, note].filter(Boolean).join(', ');
      const silence = performance.now() - said.at;
      if (silence < (text === said.text ? SAME_LINE_MS : LINE_MS)) return;
      said = { at: performance.now(), text };
      to.write(`  ${label}: ${text} (${elapsed(started)})\n`);
    },
    done: (text) => void to.write(`${stripVTControlCharacters(doneLine(label, text, started))}\n`),
  };
}

function barOf(done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done}/${total}`;
}

const doneLine = (label: string, text: string, started: number) =>
  `${styleText('green', '✔')} ${label}: ${text} ${styleText('dim', `(${elapsed(started)})`)}`;

const elapsed = (started: number) => `${((performance.now() - started) / 1000).toFixed(1)} s`;
