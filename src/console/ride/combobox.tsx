import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { cityZone, labelOf, searchZones, zoneNamed } from '../zone-search.ts';

export interface ComboboxProps {
  readonly label: string;
  readonly name: string;
  readonly zone: number | undefined;
  readonly onChoose: (zone: number | undefined) => void;
  readonly onFocus: () => void;
}

const MOST_SHOWN = 60;

/** A zone by its name: the combobox pattern of the ARIA practices guide, with a list that filters as one types. */
export function Combobox({ label, name, zone, onChoose, onFocus }: ComboboxProps) {
  const id = useId();
  const chosen = zone === undefined ? '' : textOf(zone);
  const [text, setText] = useState(chosen);
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [isWrong, setIsWrong] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  // What is chosen elsewhere (on the map, by the back button) replaces what was typed.
  useEffect(() => {
    setText(chosen);
    setIsWrong(false);
  }, [chosen]);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const found = text === chosen ? searchZones('') : searchZones(text);
  const options = found.slice(0, MOST_SHOWN);
  const isExpanded = isOpen && options.length > 0;

  const choose = (next: number | undefined) => {
    setIsOpen(false);
    setActive(-1);
    setIsWrong(false);
    setText(next === undefined ? '' : textOf(next));
    onChoose(next);
  };
  /** On leaving the field, what is typed there counts if it names one zone. */
  const settle = () => {
    setIsOpen(false);
    setActive(-1);
    if (text === chosen) return setIsWrong(false);
    if (text.trim() === '') return choose(undefined);
    const named = zoneNamed(text);
    if (named === undefined) setIsWrong(true);
    else choose(named.id);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) {
      setIsOpen(true);
      setActive((now) => (now + move + options.length) % Math.max(1, options.length));
    } else if (event.key === 'Enter') {
      const option = options[active] ?? zoneNamed(text) ?? (text === chosen ? undefined : options[0]);
      if (option === undefined) settle();
      else choose(option.id);
    } else if (event.key === 'Escape') {
      if (isExpanded) setIsOpen(false);
      else setText(chosen);
      setActive(-1);
    } else return;
    event.preventDefault();
  };

  const problem = isWrong
    ? options.length === 0
      ? `No taxi zone matches “${text.slice(0, 40)}”. Try part of a name, such as “times sq”.`
      : `Several zones match “${text.slice(0, 40)}”. Choose one from the list.`
    : undefined;
  return (
    <div class="combobox">
      <label for={`${id}-input`}>{label}</label>
      <div class="field">
        <span class={`mark ${name}`} aria-hidden="true" />
        <input
          id={`${id}-input`}
          name={name}
          role="combobox"
          type="text"
          autoComplete="off"
          spellcheck={false}
          placeholder="Type a name, or click the map"
          aria-expanded={isExpanded}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isExpanded && active >= 0 ? `${id}-${active}` : undefined}
          aria-invalid={isWrong}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setIsOpen(true);
            setActive(-1);
            setIsWrong(false);
          }}
          onFocus={(event) => {
            event.currentTarget.select();
            onFocus();
          }}
          onClick={() => setIsOpen(true)}
          onBlur={settle}
          onKeyDown={onKeyDown}
        />
        {text !== '' && (
          <button
            type="button"
            class="clear"
            aria-label={`Clear ${label}`}
            title="Clear"
            onClick={() => choose(undefined)}
          >
            ×
          </button>
        )}
      </div>
      <div id={`${id}-list`} ref={list} role="listbox" aria-label={`${label}: taxi zones`} hidden={!isExpanded}>
        {options.map((option, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys arrive at the input, as the combobox pattern has it
          <div
            key={option.id}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === active}
            // Before the input loses its focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(option.id)}
          >
            {labelOf(option)} <span class="quiet">{option.borough}</span>
          </div>
        ))}
      </div>
      {problem !== undefined && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function textOf(id: number): string {
  const zone = cityZone(id);
  return zone === undefined ? '' : labelOf(zone);
}
