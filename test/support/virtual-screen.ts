import { EventEmitter } from 'node:events';
import type { Screen } from '#cli/view/redrawn.ts';

const ESCAPE = '\x1b\\[([\\d;]*)([A-Za-z])';
const COMMAND = new RegExp(`^${ESCAPE}$`);
const COMMANDS_AND_CHARACTERS = new RegExp(`${ESCAPE}|.`, 'gsu');

/** A row of the screen; `wraps` if the next row continues the same line. */
interface Row {
  cells: string[];
  wraps: boolean;
}

/**
 * A terminal like xterm and its relatives: it wraps long lines, moves up and erases on command, scrolls, and re-wraps
 * its lines when resized. Wide characters take two cells.
 */
export class VirtualScreen extends EventEmitter implements Screen {
  columns: number;
  readonly rows: number;
  #lines: Row[] = [{ cells: [], wraps: false }];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows = 24) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  /** All rows, including those that have scrolled away, without trailing empty ones. */
  get text(): readonly string[] {
    return this.#lines
      .map(({ cells }) => cells.join('').trimEnd())
      .join('\n')
      .trimEnd()
      .split('\n');
  }

  write(text: string): void {
    for (const [part] of text.matchAll(COMMANDS_AND_CHARACTERS)) {
      const [, n = '', command] = COMMAND.exec(part) ?? [];
      if (command === undefined) this.#put(part);
      else this.#obey(command, Number(n || 1));
    }
  }

  resize(columns: number): void {
    const whole = this.#lines.reduce<string[][]>((lines, { cells }, i) => {
      if (this.#lines[i - 1]?.wraps) lines.at(-1)?.push(...cells);
      else lines.push([...cells]);
      return lines;
    }, []);
    this.columns = columns;
    this.#lines = whole.flatMap((cells) => {
      const rows = Array.from({ length: Math.max(1, Math.ceil(cells.length / columns)) }, (_, i) => ({
        cells: cells.slice(i * columns, (i + 1) * columns),
        wraps: true,
      }));
      return rows.map((row, i) => ({ ...row, wraps: i < rows.length - 1 }));
    });
    this.#row = this.#lines.length - 1;
    this.#column = this.#lines.at(-1)?.cells.length ?? 0;
    this.emit('resize');
  }

  #put(character: string): void {
    if (character === '\r') {
      this.#column = 0;
    } else if (character === '\n') {
      this.#column = 0;
      this.#down();
    } else {
      const cells = /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}/u.test(character)
        ? [character, '']
        : [character];
      if (this.#column + cells.length > this.columns) {
        this.#current.wraps = true;
        this.#column = 0;
        this.#down();
      }
      this.#current.cells.splice(this.#column, cells.length, ...cells);
      this.#column += cells.length;
    }
  }

  #obey(command: string, n: number): void {
    if (command === 'm') return;
    if (command === 'A') {
      this.#row = Math.max(this.#row - n, 0, this.#lines.length - this.rows); // not into rows that have scrolled away
    } else if (command === 'K' || command === 'J') {
      this.#current.cells.length = this.#column;
      if (command === 'J') this.#lines.length = this.#row + 1;
    } else throw new Error(`This terminal does not know ESC [ ${n} ${command}`);
  }

  #down(): void {
    this.#row += 1;
    this.#lines[this.#row] ??= { cells: [], wraps: false };
  }

  get #current(): Row {
    const row = this.#lines[this.#row];
    if (row === undefined) throw new Error(`There is no row ${this.#row}`);
    return row;
  }
}
