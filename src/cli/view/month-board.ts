import { stderr } from 'node:process';
import type { MonthProgress } from '#batch/month-progress.ts';
import { Redrawn, type Screen } from './redrawn.ts';
import { count, decimals, type Terminal, table } from './terminal.ts';

/** One line per month, with its current state: redrawn on a terminal, else a line for each month once it is done. */
export interface MonthBoard {
  show(months: readonly MonthProgress[]): void;
  /** Removes the lines again. */
  clear(): void;
}

export const monthBoard = (terminal: Terminal): MonthBoard => (stderr.isTTY ? drawn(stderr) : said(terminal));

/** Headings, the rule under them, and the cursor's own line. */
const OTHER_LINES = 3;

/** For terminals; redrawn after a resize. */
export function drawn(screen: Screen): MonthBoard {
  const block = new Redrawn(screen);
  let last: readonly MonthProgress[] = [];
  const draw = () => {
    const shown = windowOf(last, Math.max(0, block.rows - OTHER_LINES));
    const text = table(['month', 'state', 'rows', 'scored', 'RMSE min', 'seconds'], shown.map(cellsOf));
    block.draw([...text.split('\n'), '']);
  };
  screen.on('resize', draw);
  return {
    clear() {
      screen.off('resize', draw);
      block.erase();
    },
    show(months) {
      last = months;
      draw();
    },
  };
}

function said(terminal: Terminal): MonthBoard {
  const reported = new Set<string>();
  return {
    clear: () => {},
    show(months) {
      for (const each of months) {
        if (each.outcome === undefined || reported.has(each.month)) continue;
        reported.add(each.month);
        const [month, state, , scored, rmse, seconds] = cellsOf(each);
        terminal.say(`  ${month} ${state}, ${scored} rides, RMSE ${rmse} min, ${seconds} s`);
      }
    },
  };
}

const cellsOf = ({ month, state, outcome }: MonthProgress): readonly string[] => [
  month,
  state,
  count(outcome?.rows_in),
  count(outcome?.rows_scored),
  decimals(outcome?.rmse, 3),
  decimals(outcome?.seconds, 1),
];

/** As many as fit, so that the first unfinished one is among them. */
function windowOf(months: readonly MonthProgress[], room: number): readonly MonthProgress[] {
  const firstUndone = months.findIndex(({ outcome }) => outcome === undefined);
  const from = Math.max(0, Math.min(firstUndone, months.length - room));
  return months.slice(from, from + room);
}
