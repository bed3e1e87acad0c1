import { signed } from '../words.ts';
import type { Explained, Part } from './contributions.ts';

const NAMES: Readonly<Record<Part, string>> = {
  distance: 'Distance',
  time: 'Time',
  pickup: 'Pickup',
  dropoff: 'Dropoff',
};

/** From the typical ride to this one, part by part; the largest first. The figures are next to the bars. */
export function Waterfall({ explained, isDistanceGiven }: { explained: Explained; isDistanceGiven: boolean }) {
  const { baseline, prediction } = explained;
  const added = explained.added.toSorted((a, b) => Math.abs(b.minutes) - Math.abs(a.minutes));
  const steps = added.map(({ part, minutes }, i) => {
    const from = added.slice(0, i).reduce((sum, each) => sum + each.minutes, baseline);
    return { part, minutes, from, to: from + minutes };
  });
  const places = [0, baseline, prediction, ...steps.map(({ to }) => to)];
  const [least, most] = [Math.min(...places), Math.max(...places)];
  const x = (minutes: number) => (100 * (minutes - least)) / (most - least || 1);
  return (
    <>
      <h3>What made it so</h3>
      <table class="waterfall">
        <caption class="quiet">Minutes that each part of the ride adds to a typical one</caption>
        <tbody>
          <tr>
            <th scope="row">Typical ride</th>
            <td class="drawn">
              <Bar kind="total" from={x(0)} to={x(baseline)} />
            </td>
            <td>{baseline.toFixed(1)}</td>
          </tr>
          {steps.map(({ part, minutes, from, to }) => (
            <tr key={part}>
              <th scope="row">
                {NAMES[part]}
                {part === 'distance' && !isDistanceGiven && <small> typical</small>}
              </th>
              <td class="drawn">
                <Bar kind={minutes < 0 ? 'less' : 'more'} from={x(Math.min(from, to))} to={x(Math.max(from, to))} />
              </td>
              <td>{signed(minutes)}</td>
            </tr>
          ))}
          <tr class="sum">
            <th scope="row">This ride</th>
            <td class="drawn">
              <Bar kind="total" from={x(0)} to={x(prediction)} />
            </td>
            <td>{prediction.toFixed(1)}</td>
          </tr>
        </tbody>
      </table>
      {steps.length < 4 && (
        <p class="quiet small">No distance was given, as at pickup. Give one to see what it adds.</p>
      )}
    </>
  );
}

const Bar = ({ kind, from, to }: { kind: string; from: number; to: number }) => (
  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class={kind} x={from} y="1" width={Math.max(0.8, to - from)} height="8" />
  </svg>
);
