import { describe, expect, test } from 'vitest';
import { renderBacktest } from '#backtest/page/backtest-page.ts';
import { backtestSchema } from '#backtest/result.ts';
import { backtestText } from '#cli/view/backtest-table.ts';
import { aBacktest } from '../../support/a-backtest.ts';

const page = renderBacktest(aBacktest());

/** The chart with this label: its drawing and its caption. */
function chart(label: string): string {
  const found = page.split('<figure>').find((each) => each.includes(`aria-label="${label} by month`));
  return found?.split('</figure>')[0] ?? expect.fail(`There is no chart of ${label}.`);
}

describe('the page of a backtest', () => {
  test('begins with the takeaway, and has a chart per figure with one line a policy', () => {
    expect(page).toContain(
      '<p class="takeaway">On the 3 months that all policies scored, rolling:3 predicts best: RMSE 4.240 min with the metered distance and 5.340 without one; fixed:3 has 4.419 min',
    );
    const lines = [...page.matchAll(/<path class="line (first|second)" d="M[\d.]+ [^"]*[Lh]/g)];
    expect(lines.filter(([, kind]) => kind === 'first')).toHaveLength(6); // three figures, two distances
    expect(lines.filter(([, kind]) => kind === 'second')).toHaveLength(6);
  });

  test('draws the band of coverage where its axis has 88% to 92%', () => {
    // 85% to 95% on 182 pixels from 12: 92% is 3/10 down, and the band 4/10 high.
    expect(chart('Coverage of the 90% interval')).toContain('y="66.6" height="72.8"');
    expect(chart('RMSE')).not.toContain('class="band"');
  });

  test('divides the axis of errors into four readable steps', () => {
    const ticks = [...chart('RMSE').matchAll(/text-anchor="end">([^<]+)</g)].map(([, text]) => text);
    expect(ticks).toEqual(['4', '4.2', '4.4', '4.6', '4.8 min']); // for 4.1 to 4.6
  });

  test('puts zero in the middle of the axis of bias', () => {
    const ticks = [...chart('Bias').matchAll(/text-anchor="end">([^<]+)</g)].map(([, text]) => text);
    expect(ticks).toEqual(['−1', '−0.5', '0', '0.5', '1 min']);
  });

  test('says in words what each chart shows', () => {
    expect(chart('RMSE')).toContain('The smallest error by month, where more than one policy has one: rolling:3 in 3.');
    expect(chart('Bias')).toContain('The largest bias is −0.90, of fixed:3 in 2023-06.');
    expect(chart('Coverage of the 90% interval')).toContain(
      '1 of the 7 points is outside the band. The farthest from 90% is 87.1%, of fixed:3 in 2023-06.',
    );
  });

  test("tells month by month what happened, with the gate's reasons", () => {
    expect(page).toContain('▲ refused');
    expect(page).toContain('2023-05, refused: It is worse by 0.2 min; at most 0.05 is allowed.');
    expect(page).toContain('2023-02, no champion: The data lacks 2022-11 of 2022-11..2023-01.');
    expect(page).toContain('Not scored, because the data lacks it: 2023-05.');
  });

  test('escapes what comes from outside, and asks for nothing', () => {
    const hostile = renderBacktest(aBacktest({ notes: ['<script>alert(1)</script>'] }));
    expect(hostile).toContain('&lt;script&gt;');
    expect(hostile).not.toMatch(/<script|https?:/);
  });

  test('is made for any number of months, even one that nobody scored', () => {
    const [first] = aBacktest().policies;
    if (first === undefined) throw new Error('There is no policy.');
    const unscored = first.months.slice(3, 4);
    const alone = aBacktest({ policies: [{ ...first, months: unscored, all: null }], takeaway: 'None.' });
    expect(renderBacktest(alone)).not.toContain('<figure>');
  });
});

test('what is stored can be read back', () => {
  const result = aBacktest();
  expect(backtestSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
});

describe('the table of a backtest', () => {
  const lines = backtestText(aBacktest()).split('\n');

  test('has two rows a month: with the metered distance and without one', () => {
    const row = lines.findIndex((line) => line.startsWith('2023-04   promoted'));
    expect(lines[row]).toMatch(/2022-11\.\.2023-01 +60,000 +metered +4\.220 +█+ +2\.743 +-0\.10 +90\.2% +80\.2%$/);
    expect(lines[row + 1]).toMatch(/^ +none +5\.320 +█+ +3\.458 +-0\.20 +89\.8% +79\.8%$/);
  });

  test('draws the largest error as the longest bar', () => {
    const bars = lines.flatMap((line) => /█+/.exec(line)?.[0].length ?? []);
    expect(Math.max(...bars)).toBe(16); // 5.7 min
    expect(bars[0]).toBe(Math.round((16 * 4.1) / 5.7));
  });

  test('says why', () => {
    expect(lines).toContain('  2023-05 refused: It is worse by 0.2 min; at most 0.05 is allowed');
    expect(lines).toContain('  2023-02 no champion: The data lacks 2022-11 of 2022-11..2023-01');
    expect(lines).toContain('  not scored, because the data lacks it: 2023-05');
  });
});
