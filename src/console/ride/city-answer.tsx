import { useState } from 'preact/hooks';
import { BAND_STARTS, reachedWithin } from '../bands.ts';
import type { Predictions } from '../predictor.ts';
import { Scroll } from '../scroll.tsx';
import { Failed } from '../status.tsx';
import type { Latest } from '../use-latest.ts';
import { shortTime } from '../week.ts';
import { minutesText } from '../words.ts';
import { CITY_ZONES, cityZone, labelOf } from '../zone-search.ts';

export interface CityAnswerProps {
  readonly pickup: number;
  readonly time: number;
  readonly answer: Latest<{ readonly predictions: Predictions }>;
}

/** The whole city from one pickup, in words and as a table: everything that the map's shades say. */
export function CityAnswer({ pickup, time, answer }: CityAnswerProps) {
  if (answer.state === 'failed') return <Failed what="The city was not shaded" error={answer.error} />;
  const value = answer.value?.predictions;
  if (value === undefined) return <p class="quiet">Computing the whole city…</p>;
  const from = cityZone(pickup);
  return (
    <section aria-label="The city from this pickup">
      <h2>
        From {from && labelOf(from)}, <span class="nowrap">{shortTime(time)}</span>
      </h2>
      <table class="reach">
        <caption class="quiet">Zones that a ride reaches, of {CITY_ZONES.length}</caption>
        <tbody>
          {BAND_STARTS.map((limit, i) => {
            const reached = reachedWithin(value.duration, limit);
            return (
              <tr key={limit}>
                <th scope="row">within {limit} min</th>
                <td class="drawn">
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="rail" width="100" height="8" />
                    <rect class={`b${i}`} width={(100 * reached) / CITY_ZONES.length} height="8" />
                  </svg>
                </td>
                <td>{reached}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="quiet small">Where taxis of this kind seldom go, the model had few rides to learn from.</p>
      <AllZones predictions={value} />
    </section>
  );
}

/** Its rows are made only while somebody looks: with every move of the slider, they take longer than the map. */
function AllZones({ predictions }: { predictions: Predictions }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>All zones as a table</summary>
      {isOpen && <ZoneTable predictions={predictions} />}
    </details>
  );
}

function ZoneTable({ predictions: { duration, low, high } }: { predictions: Predictions }) {
  const rows = CITY_ZONES.map((zone, i) => ({
    zone,
    minutes: duration[i] ?? Number.NaN,
    low: low[i] ?? Number.NaN,
    high: high[i] ?? Number.NaN,
  })).toSorted((a, b) => a.minutes - b.minutes);
  return (
    <Scroll name="All zones" way="y">
      <table class="lines">
        <thead>
          <tr>
            <th scope="col" class="text">
              Dropoff
            </th>
            <th scope="col">Ride</th>
            <th scope="col">9 of 10 take</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.zone.id}>
              <th scope="row">
                {labelOf(row.zone)} <small>{row.zone.borough}</small>
              </th>
              <td class="nowrap">{minutesText(row.minutes)}</td>
              <td class="nowrap">
                {Math.round(row.low)} to {minutesText(row.high)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
