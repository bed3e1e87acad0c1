import { cutTo, widthOf } from './width.ts';

/** What a terminal's stream has that others lack. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

const USUAL = { columns: 80, rows: 24 };

/**
 * Lines at the end of a terminal that are redrawn in place. A line takes one row, cut where the terminal is narrower:
 * going back to the first one would miss the rows of lines that wrap.
 */
export class Redrawn {
  readonly #screen: Screen;
  #lines: readonly string[] = [];

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get rows(): number {
    return this.#screen.rows ?? USUAL.rows;
  }

  get #columns(): number {
    return Math.max(1, this.#screen.columns ?? USUAL.columns);
  }

  /** The cursor stays after the last line. */
  draw(lines: readonly string[]): void {
    // One column stays free: when a row is full, terminals differ on which one the cursor is in.
    const cut = lines.slice(0, this.rows).map((line) => cutTo(this.#columns - 1, line));
    this.#screen.write(`${this.#back()}${cut.join('\n')}`);
    this.#lines = cut;
  }

  erase(): void {
    this.#screen.write(this.#back());
    this.#lines = [];
  }

  /** Moves to the first row and clears from there on. A terminal that became narrower has wrapped what was drawn. */
  #back(): string {
    const rows = this.#lines.map((line) => Math.max(1, Math.ceil(widthOf(line) / this.#columns)));
    const up = rows.reduce((sum, n) => sum + n, 0) - 1;
    return `\r${up > 0 ? `\x1b[${up}A` : ''}\x1b[J`;
  }
}
