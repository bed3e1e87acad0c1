import { useEffect, useId, useState } from 'preact/hooks';
import { formatWallClock, newYorkSeconds, parsePickupTime } from '#trips/new-york-time.ts';
import { DISTANCE_LIMIT } from '#trips/ride-limits.ts';
import type { Question } from '../route.ts';
import { shortTime, spokenTime, stepOf, timeOfStep, WEEK_STEPS } from '../week.ts';
import { Combobox } from './combobox.tsx';

export interface QuestionFormProps {
  readonly question: Question;
  /** Miles that stand in while none are given, if known. */
  readonly typicalDistance: number | undefined;
  readonly onAsk: (question: Question) => void;
  readonly onChoosing: (end: 'pickup' | 'dropoff') => void;
}

export function QuestionForm({ question, typicalDistance, onAsk, onChoosing }: QuestionFormProps) {
  const { pickup, dropoff, time } = question;
  return (
    <form class="question" onSubmit={(event) => event.preventDefault()}>
      <div class="ends">
        <Combobox
          label="Pickup"
          name="pickup"
          zone={pickup}
          onChoose={(zone) => onAsk({ ...question, pickup: zone, distance: undefined })}
          onFocus={() => onChoosing('pickup')}
        />
        <Combobox
          label="Dropoff"
          name="dropoff"
          zone={dropoff}
          onChoose={(zone) => onAsk({ ...question, dropoff: zone, distance: undefined })}
          onFocus={() => onChoosing('dropoff')}
        />
        <button
          type="button"
          class="swap"
          aria-label="Swap pickup and dropoff"
          title="Swap pickup and dropoff"
          disabled={pickup === undefined || dropoff === undefined}
          onClick={() => onAsk({ ...question, pickup: dropoff, dropoff: pickup })}
        >
          ⇅
        </button>
      </div>
      <TimeFields time={time} onChange={(next) => onAsk({ ...question, time: next })} />
      {pickup !== undefined && dropoff !== undefined && (
        <DistanceField question={question} typicalDistance={typicalDistance} onAsk={onAsk} />
      )}
    </form>
  );
}

function TimeFields({ time, onChange }: { time: number; onChange: (time: number) => void }) {
  const id = useId();
  const [isWrong, setIsWrong] = useState(false);
  return (
    <div class="time">
      <div class="row">
        <label for={`${id}-at`}>Time in New York</label>
        <button type="button" class="link" onClick={() => onChange(newYorkSeconds(Date.now() / 1000))}>
          Now
        </button>
      </div>
      <input
        id={`${id}-at`}
        name="at"
        type="datetime-local"
        min="1970-01-01T00:00"
        max="2099-12-31T23:59"
        value={formatWallClock(time).slice(0, 16)}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? `${id}-wrong` : undefined}
        onInput={({ currentTarget: { value, validity } }) => {
          const next = validity.valid ? parsePickupTime(value) : undefined;
          setIsWrong(next === undefined);
          if (next !== undefined) onChange(next);
        }}
      />
      {isWrong && (
        <p class="problem" id={`${id}-wrong`} role="alert">
          Give a day and a time between 1970 and 2099.
        </p>
      )}
      <label for={`${id}-week`} class="row">
        <span>Time of the week</span>
        <b>{shortTime(time)}</b>
      </label>
      <input
        id={`${id}-week`}
        name="week"
        type="range"
        min={0}
        max={WEEK_STEPS - 1}
        step={1}
        value={stepOf(time)}
        aria-valuetext={spokenTime(time)}
        onInput={({ currentTarget: { value } }) => onChange(timeOfStep(Number(value), time))}
      />
      <div class="days" aria-hidden="true">
        {['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].map((day) => (
          <span key={day}>{day}</span>
        ))}
      </div>
    </div>
  );
}

function DistanceField({ question, typicalDistance, onAsk }: Omit<QuestionFormProps, 'onChoosing'>) {
  const id = useId();
  const given = question.distance === undefined ? '' : String(question.distance);
  const [text, setText] = useState(given);
  const [isWrong, setIsWrong] = useState(false);
  useEffect(() => {
    if (Number(text) !== question.distance) setText(given);
    setIsWrong(false);
  }, [given]);
  const standIn = typicalDistance === undefined ? 'not given' : `${typicalDistance.toFixed(1)}, the model’s typical`;
  return (
    <div class="distance">
      <label for={id}>Distance in miles (optional)</label>
      <input
        id={id}
        name="miles"
        type="text"
        inputMode="decimal"
        autoComplete="off"
        placeholder={standIn}
        value={text}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? `${id}-wrong` : undefined}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          const miles = value.trim() === '' ? undefined : Number(value);
          const isMiles = miles === undefined || (miles >= 0 && miles < DISTANCE_LIMIT);
          setIsWrong(!isMiles);
          if (isMiles) onAsk({ ...question, distance: miles });
        }}
      />
      {isWrong && (
        <p class="problem" id={`${id}-wrong`} role="alert">
          A distance is a number of miles, from 0 up, such as 3.66.
        </p>
      )}
    </div>
  );
}
