import { type LabelRow, readLabel } from './label.ts';

/** An id has at most 256 characters, each at most 12 bytes in JSON. What is longer is not a label, and is not kept in memory. */
const MOST_BYTES = 16_384;
const NEWLINE = 10;

/**
 * The labels of JSON lines, a batch at a time. Lines are numbered from 1; blank ones are skipped.
 * @param chunks the file's bytes, cut anywhere
 */
export async function* labelLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly LabelRow[]> {
  let row = 0;
  for await (const lines of linesOf(chunks)) {
    const rows: LabelRow[] = [];
    for (const line of lines) {
      row += 1;
      if (line === undefined) rows.push({ row, refused: 'too-long' });
      else if (line.trim() !== '') rows.push({ row, ...readLabel(line) });
    }
    yield rows;
  }
}

/** Lines as text, those of each chunk together; undefined for one that is too long. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly (string | undefined)[]> {
  let begun: Buffer[] = [];
  let bytes = 0;
  const take = (end: Buffer) => {
    const line = bytes + end.length > MOST_BYTES ? undefined : Buffer.concat([...begun, end]).toString();
    begun = [];
    bytes = 0;
    return line;
  };
  for await (const given of chunks) {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const lines: (string | undefined)[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(take(chunk.subarray(from, end)));
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    bytes += rest.length;
    if (bytes > MOST_BYTES) begun = [];
    else if (rest.length > 0) begun.push(Buffer.from(rest)); // a copy: the rest of the chunk can go
    yield lines;
  }
  if (bytes > 0) yield [take(Buffer.alloc(0))];
}
