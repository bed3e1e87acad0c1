import type { Api } from '../api.ts';
import { Scroll } from '../scroll.tsx';
import { Loaded } from '../status.tsx';
import { useRemote } from '../use-remote.ts';
import { count, percent, shortRun } from '../words.ts';
import type { Months, ScoredMonth, Verdict } from './answers.ts';

/** The months that were scored, and what monitoring says about them. */
export function MonthsView({ api }: { api: Api }) {
  const months = useRemote<Months>(api, 'months');
  return (
    <div class="view wide">
      <section aria-label="Months">
        <h2>Scored months</h2>
        <Loaded remote={months} what="The months">
          {(value) => <MonthTable {...value} />}
        </Loaded>
      </section>
    </div>
  );
}

const VERDICTS: Readonly<Record<Verdict, readonly [sign: string, words: string]>> = {
  steady: ['✓', 'steady'],
  drifted: ['◆', 'drifted'],
  harm: ['▲', 'harm'],
  'not-enough-data': ['–', 'not enough data'],
};

function MonthTable({ months, taxi_type }: Months) {
  if (months.length === 0) {
    return (
      <p>
        No month of {taxi_type} taxis has been scored here. <code>npx tripcast batch --month 2023-04</code> scores one.
      </p>
    );
  }
  const most = Math.max(...months.map(({ rmse }) => rmse ?? 0), Number.MIN_VALUE);
  return (
    <>
      <Scroll name="Scored months" way="x">
        <table class="lines months">
          <caption class="quiet">Latest first</caption>
          <thead>
            <tr>
              <th scope="col" class="text">
                Month
              </th>
              <th scope="col" class="wide-only">
                Rides
              </th>
              <th scope="col" class="wide-only">
                Rejected
              </th>
              <td class="wide-only" />
              <th scope="col">RMSE, minutes</th>
              <th scope="col" class="wide-only">
                In 90% interval
              </th>
              <th scope="col" class="text">
                Verdict
              </th>
              <th scope="col" class="text wide-only">
                Model
              </th>
              <th scope="col" class="text">
                Report
              </th>
            </tr>
          </thead>
          <tbody>
            {months.map((month) => (
              <MonthRow key={month.month} month={month} most={most} />
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="quiet small">Errors on months that the model was trained on flatter it: their bars are hollow.</p>
    </>
  );
}

function MonthRow({ month, most }: { month: ScoredMonth; most: number }) {
  const { rows_in, rows_scored, rmse, coverage_90, evaluation, monitoring, run_id } = month;
  const isSeen = evaluation === 'in-training';
  const [sign, words] = VERDICTS[monitoring?.verdict ?? 'not-enough-data'];
  return (
    <tr>
      <th scope="row">{month.month}</th>
      <td class="wide-only">{count(rows_scored)}</td>
      <td class="wide-only">{count(rows_in - rows_scored)}</td>
      <td class="drawn wide-only">
        {rmse !== null && (
          <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect class={isSeen ? 'hollow' : 'less'} x="0.5" y="1" width={(99 * rmse) / most} height="8" />
          </svg>
        )}
      </td>
      <td>
        {rmse === null ? '–' : rmse.toFixed(2)}
        {isSeen && <small> trained on</small>}
      </td>
      <td class="wide-only">{coverage_90 === null ? '–' : percent(coverage_90)}</td>
      <td class="text">
        {monitoring === null ? (
          <span class="quiet">not monitored</span>
        ) : (
          <details class={`verdict ${monitoring.verdict}`}>
            <summary>
              <span aria-hidden="true">{sign}</span> {words}
            </summary>
            <p>{monitoring.takeaway}</p>
            {monitoring.drifted.length > 0 && <p>Drifted: {monitoring.drifted.join(', ')}.</p>}
            <p class="quiet">Compared with {monitoring.reference}.</p>
          </details>
        )}
      </td>
      <td class="text wide-only">
        <code title={run_id}>{shortRun(run_id)}</code>
      </td>
      <td class="text">
        {monitoring === null ? (
          '–'
        ) : (
          <a href={`months/${month.month}/report.html`} target="_blank" rel="noreferrer">
            Open <span class="visually-hidden">the report of {month.month}</span>
          </a>
        )}
      </td>
    </tr>
  );
}
