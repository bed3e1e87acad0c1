import { useEffect, useMemo, useState } from 'preact/hooks';
import { formatWallClock } from '#trips/new-york-time.ts';
import { BANDS, bandName } from '../bands.ts';
import type { CityMap } from '../map/topology.ts';
import { ZoneMap } from '../map/zone-map.tsx';
import type { Predictor } from '../predictor.ts';
import type { Question } from '../route.ts';
import { useLatest } from '../use-latest.ts';
import { CITY_ZONES } from '../zone-search.ts';
import { CityAnswer } from './city-answer.tsx';
import { QuestionForm } from './question-form.tsx';
import { RideAnswer } from './ride-answer.tsx';

export interface RideViewProps {
  readonly city: CityMap;
  readonly predictor: Predictor;
  readonly question: Question;
  readonly onAsk: (question: Question) => void;
}

/** How long a slider has to rest before the API is asked; a model in the page is asked at once. */
const API_PAUSE_MS = 200;

/** Ask for a ride, or see from a pickup how far everything is. */
export function RideView({ city, predictor, question, onAsk }: RideViewProps) {
  const { pickup, dropoff, distance, time } = question;
  const [choosing, setChoosing] = useState<'pickup' | 'dropoff'>(pickup === undefined ? 'pickup' : 'dropoff');
  const pause = predictor.where === 'api' ? API_PAUSE_MS : 0;
  const asked = [predictor.where, predictor.run, pickup, dropoff, distance, formatWallClock(time)].join(' ');

  const whole = useLatest(
    pickup === undefined ? undefined : [predictor.where, predictor.run, pickup, formatWallClock(time)].join(' '),
    async () => {
      const rides = CITY_ZONES.map(({ id }) => ({ pickup: pickup ?? 0, dropoff: id, distance: undefined, time }));
      return { predictions: await predictor.score(rides), at: formatWallClock(time) };
    },
    pause,
  );
  const ride = useLatest(
    pickup === undefined || dropoff === undefined ? undefined : asked,
    () => predictor.score([{ pickup: pickup ?? 0, dropoff: dropoff ?? 0, distance, time }]),
    pause,
  );
  const minutes = useMemo(() => {
    const { value } = whole;
    return value && new Map(CITY_ZONES.map(({ id }, i) => [id, value.predictions.duration[i] ?? Number.NaN]));
  }, [whole.value]);

  useEffect(() => {
    if (pickup === undefined) setChoosing('pickup');
  }, [pickup]);
  const choose = (zone: number) => {
    onAsk({ ...question, [choosing]: zone, ...(choosing === 'dropoff' && { distance: undefined }) });
    setChoosing('dropoff');
  };

  return (
    <div class="ride-view">
      <QuestionForm
        question={question}
        typicalDistance={
          pickup === undefined || dropoff === undefined ? undefined : predictor.typicalDistance(pickup, dropoff)
        }
        onAsk={onAsk}
        onChoosing={setChoosing}
      />
      <div class="answer">
        {pickup === undefined ? (
          <Welcome />
        ) : dropoff === undefined ? (
          <CityAnswer pickup={pickup} time={time} answer={whole} />
        ) : (
          <RideAnswer
            predictor={predictor}
            ride={{ pickup, dropoff, distance, time }}
            answer={ride}
            isStale={ride.key !== asked}
            pause={pause}
          />
        )}
      </div>
      <div class="map-pane">
        <ZoneMap
          city={city}
          pickup={pickup}
          dropoff={dropoff}
          minutes={pickup === undefined ? undefined : minutes}
          shadedAt={whole.value?.at}
          choosing={choosing}
          onChoose={choose}
        />
        <Legend isShaded={minutes !== undefined && pickup !== undefined} choosing={choosing} />
      </div>
    </div>
  );
}

function Legend({ isShaded, choosing }: { isShaded: boolean; choosing: 'pickup' | 'dropoff' }) {
  return (
    <div class="legend">
      {isShaded && (
        <ul aria-label="Shades of the map: minutes from the pickup">
          {Array.from({ length: BANDS }, (_, band) => (
            <li key={band}>
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <rect class={`b${band}`} width="10" height="10" />
              </svg>
              {bandName(band)}
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">
        Click or tap a zone to choose the <b>{choosing}</b>. Pinch or Ctrl + wheel to zoom, then drag to move.
      </p>
    </div>
  );
}

const Welcome = () => (
  <p class="welcome">
    Choose where a ride begins, and the map shows how long it takes to everywhere else. Choose where it ends, too, and
    you get the ride’s duration and what made it so.
  </p>
);
