import { stderr, stdout } from 'node:process';
import { stripVTControlCharacters, styleText } from 'node:util';

/** A piece of long work as it is shown: a bar on a terminal, plain lines otherwise. */
export interface Progress {
  /** @param done of `total`, when that is known */
  update(done: number, note?: string): void;
  /** Ends the bar with what was achieved. */
  done(text: string): void;
}

/**
 * What a command says. Results go to standard output; progress goes to standard error, and so does all talk when the
 * result is JSON, so that a pipe gets one JSON object and nothing else.
 */
export interface Terminal {
  readonly json: boolean;
  say(text: string): void;
  progress(label: string, total?: number): Progress;
  /** The command's result: the object for machines, the text for people. */
  result(value: unknown, text: () => string): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 80;
/** Without a terminal, one line each this often is enough to see that it lives. */
const LINE_MS = 5000;

export function terminal({ json }: { readonly json: boolean }): Terminal {
  const talk = json ? stderr : stdout;
  return {
    json,
    say: (text) => void talk.write(`${text}\n`),
    progress: (label, total) => (stderr.isTTY ? bar(label, total) : lines(label, total, talk)),
    result: (value, text) => void stdout.write(`${json ? JSON.stringify(value) : text()}\n`),
  };
}

function bar(label: string, total: number | undefined): Progress {
  const started = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    update(done, note = '') {
      if (performance.now() - drawn < REDRAW_MS && done !== total) return;
      drawn = performance.now();
      stderr.write(`\r\x1b[K  ${label} ${barOf(done, total)} ${styleText('dim', note || seconds(started))}`);
    },
    done: (text) => void stderr.write(`\r\x1b[K${doneLine(label, text, started)}\n`),
  };
}

function lines(label: string, total: number | undefined, talk: NodeJS.WriteStream): Progress {
  const started = performance.now();
  let said = started;
  return {
    update(done, note = '') {
      if (performance.now() - said < LINE_MS) return;
      said = performance.now();
      talk.write(`  ${label}: ${total === undefined ? done : `${done} of ${total}`} ${note}\n`);
    },
    done: (text) => void talk.write(`${stripVTControlCharacters(doneLine(label, text, started))}\n`),
  };
}

function barOf(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return String(done);
  const filled = Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done}/${total}`;
}

const doneLine = (label: string, text: string, started: number) =>
  `${styleText('green', '✔')} ${label}: ${text} ${styleText('dim', `(${seconds(started)})`)}`;

const seconds = (started: number) => `${((performance.now() - started) / 1000).toFixed(1)} s`;

const NUMBER = /^(–|-?[\d,]+(\.\d+)?%?)$/;

/** Rows of text under headings; columns of numbers are set to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const numeric = headings.map((_, column) => rows.every((row) => NUMBER.test(row[column] ?? '')));
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('   ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('   ');
  return [styleText('bold', lineOf(headings)), styleText('dim', rule), ...rows.map(lineOf)].join('\n');
}

/** 62979 as 62,979; `–` for nothing. */
export const count = (n: number | null | undefined) => (n == null ? '–' : n.toLocaleString('en-US'));
export const decimals = (n: number | null | undefined, digits: number) => (n == null ? '–' : n.toFixed(digits));
