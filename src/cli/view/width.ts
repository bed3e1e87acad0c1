/** Styles, as styleText writes them (SGR). */
const STYLE = '\x1b\\[[\\d;]*m';
const STYLES = new RegExp(STYLE, 'g');
const STYLES_AND_CHARACTERS = new RegExp(`${STYLE}|.`, 'gsu');

/** Combining marks, joiners, variation selectors and controls. */
const NO_COLUMN = /^[\p{M}\p{Cf}\p{Cc}]$/u;
/** Unicode's East Asian Wide and Fullwidth (UAX #11), in ranges, and emoji. */
const TWO_COLUMNS =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

/** How many terminal columns a line takes. */
export function widthOf(line: string): number {
  let columns = 0;
  for (const character of line.replace(STYLES, '')) columns += columnsOf(character);
  return columns;
}

const columnsOf = (character: string): number => (TWO_COLUMNS.test(character) ? 2 : NO_COLUMN.test(character) ? 0 : 1);

/** The start of a line, as far as it fits into `columns`. Styles take no columns; each opened style is closed. */
export function cutTo(columns: number, line: string): string {
  let used = 0;
  let isFull = false;
  const kept = (line.match(STYLES_AND_CHARACTERS) ?? []).filter((part) => {
    if (part.startsWith('\x1b')) return true;
    used += columnsOf(part);
    isFull ||= used > columns;
    return !isFull;
  });
  return kept.join('');
}
