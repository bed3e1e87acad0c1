import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import { Scroll } from '../scroll.tsx';
import { Loaded } from '../status.tsx';
import { useRemote } from '../use-remote.ts';
import { count, minutesText, shortRun, span } from '../words.ts';

/** What the page reads of GET /stream/latest (src/serving/stream-now.ts). */
interface StreamNow {
  readonly at: string;
  readonly window_seconds: number;
  readonly predictions: number;
  readonly per_second: number;
  readonly waiting: number;
  readonly lag_seconds: number;
  readonly quarantined_last_hour: number;
  readonly latest: readonly {
    readonly ride_id: string | number;
    readonly minutes: number;
    readonly interval: readonly [number, number];
    readonly predicted_at: string;
    readonly model_version: string;
  }[];
}

const POLL_MS = 3000;
/** Polls that the curve shows: three minutes. */
const KEPT = 60;

/** Rides as they are predicted. */
export function StreamView({ api }: { api: Api }) {
  const stream = useRemote<StreamNow>(api, 'stream/latest', POLL_MS);
  const [rates, setRates] = useState<readonly number[]>([]);
  const now = stream.state === 'ready' ? stream.value : undefined;
  useEffect(() => {
    if (now !== undefined) setRates((before) => [...before, now.per_second].slice(-KEPT));
  }, [now]);
  return (
    <div class="view stream">
      <section aria-labelledby="stream">
        <h2 id="stream">The stream, now</h2>
        <Loaded remote={stream} what="The stream">
          {(value) => (
            <>
              <Tiles now={value} />
              <Curve rates={rates} />
              <Latest now={value} />
            </>
          )}
        </Loaded>
      </section>
    </div>
  );
}

const Tiles = ({ now }: { now: StreamNow }) => (
  <dl class="tiles">
    <Tile name="Predictions a second" value={now.per_second.toFixed(1)} note={`over ${now.window_seconds} s`} />
    <Tile name="Waiting for a prediction" value={count(now.waiting)} note="events" isBad={now.waiting > 0} />
    <Tile name="Lag" value={span(now.lag_seconds)} note="age of the oldest waiting" isBad={now.lag_seconds > 60} />
    <Tile
      name="Quarantined"
      value={count(now.quarantined_last_hour)}
      note="in the last hour"
      isBad={now.quarantined_last_hour > 0}
    />
  </dl>
);

const Tile = ({ name, value, note, isBad = false }: { name: string; value: string; note: string; isBad?: boolean }) => (
  <div class={isBad ? 'bad' : undefined}>
    <dt>{name}</dt>
    <dd>
      {value} <small>{note}</small>
    </dd>
  </div>
);

/** How the rate went since the page has been watching. */
function Curve({ rates }: { rates: readonly number[] }) {
  if (rates.length < 2) return null;
  const most = Math.max(...rates, 1);
  const points = rates.map((rate, i) => `${(600 * i) / (KEPT - 1)},${58 - (54 * rate) / most}`).join(' ');
  return (
    <svg
      class="curve"
      viewBox="0 0 600 60"
      role="img"
      aria-label={`Predictions a second: now ${rates.at(-1)?.toFixed(1)}, at most ${most.toFixed(1)} since this page watches`}
    >
      <polyline points={points} />
    </svg>
  );
}

function Latest({ now: { latest, at, window_seconds } }: { now: StreamNow }) {
  if (latest.length === 0) {
    return (
      <p class="quiet">
        No ride in the last {span(window_seconds)}.{' '}
        <code>npx tripcast stream replay --month 2023-04 --limit 200 --rate 5</code> sends some.
      </p>
    );
  }
  return (
    <Scroll name="The latest rides" way="x">
      <table class="lines">
        <caption class="quiet">The latest rides, newest first</caption>
        <thead>
          <tr>
            <th scope="col" class="text">
              Ride
            </th>
            <th scope="col">Prediction</th>
            <th scope="col">9 of 10 take</th>
            <th scope="col">Ago</th>
            <th scope="col" class="wide-only">
              Model
            </th>
          </tr>
        </thead>
        <tbody>
          {latest.map((ride) => (
            <tr key={`${ride.ride_id} ${ride.predicted_at}`}>
              <th scope="row">{String(ride.ride_id).slice(0, 40)}</th>
              <td class="nowrap">{minutesText(ride.minutes)}</td>
              <td class="nowrap">
                {Math.round(ride.interval[0])} to {minutesText(ride.interval[1])}
              </td>
              <td class="nowrap">{span((Date.parse(at) - Date.parse(ride.predicted_at)) / 1000)}</td>
              <td class="wide-only">
                <code title={ride.model_version}>{shortRun(ride.model_version)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
