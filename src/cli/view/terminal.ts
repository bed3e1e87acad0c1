import { styleText } from 'node:util';
import { bar, lines, type Progress } from './progress.ts';
import { Results } from './results.ts';

/**
 * What a command prints. Results go to standard output; progress goes to standard error, and so do all messages when
 * the result is JSON, so that a pipe gets one JSON object and nothing else.
 */
export interface Terminal {
  readonly json: boolean;
  say(text: string): void;
  /** @param total what `update` counts up to; without it, only notes show the progress */
  progress(label: string, total?: number): Progress;
  /** The command's result: the object for machines, the text for people. */
  result(value: unknown, text: () => string): void;
  /** Aborted when nobody can read results anymore. */
  readonly lost: AbortSignal;
}

/** This process's standard output. */
export const results = new Results(process.stdout);

export function terminal({ json }: { readonly json: boolean }): Terminal {
  const talk = json ? process.stderr : process.stdout;
  return {
    json,
    say: (text) => void talk.write(`${text}\n`),
    progress: (label, total) => (process.stderr.isTTY ? bar(label, total) : lines(label, total, talk)),
    result: (value, text) => results.write(`${json ? JSON.stringify(value) : text()}\n`),
    lost: results.lost,
  };
}

const NUMBER = /^(–|[+-]?[\d,]+(\.\d+)?%?)$/;

/** Rows of text under headings; columns of numbers are right-aligned. */
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

/** 62979 as 62,979; `–` for nothing. By hand: a command that prints one number need not load every locale for it. */
export const count = (n: number | null | undefined) => (n == null ? '–' : String(n).replace(/\B(?=(\d{3})+$)/g, ','));
export const decimals = (n: number | null | undefined, digits: number) => (n == null ? '–' : n.toFixed(digits));
