import { memo } from 'preact/compat';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { bandOf } from '../bands.ts';
import { minutesText } from '../words.ts';
import { cityZone, labelOf } from '../zone-search.ts';
import { type Frame, moved, showing, wholeMap, zoomed, zoomOf } from './frame.ts';
import { isArrow, nextZone } from './neighbors.ts';
import { type CityMap, isochrones, type Point } from './topology.ts';

export interface ZoneMapProps {
  readonly city: CityMap;
  readonly pickup: number | undefined;
  readonly dropoff: number | undefined;
  /** Predicted minutes by zone of dropoff; undefined: the map is not shaded. */
  readonly minutes: ReadonlyMap<number, number> | undefined;
  /** The wall-clock time of the shades. */
  readonly shadedAt: string | undefined;
  /** What a click chooses. */
  readonly choosing: 'pickup' | 'dropoff';
  readonly onChoose: (zone: number) => void;
}

/** Times Square: where the keyboard starts. */
const FIRST = 230;
const STEP = 1.6;
/** A pointer that moves farther, in pixels, drags the map instead of choosing a zone. */
const DRAG = 5;
/** From this zoom on, there is room to write minutes on zones. */
const LABELLED_ZOOM = 2.4;

/**
 * The taxi zones, to choose from with a pointer or the keyboard: one tab stop, arrow keys move, Enter chooses, + and -
 * zoom. Whatever a shade says is also in the label that a zone has on hover and focus.
 */
export function ZoneMap({ city, pickup, dropoff, minutes, shadedAt, choosing, onChoose }: ZoneMapProps) {
  const { size, shapes, borders } = city;
  const [frame, setFrame] = useState<Frame>(wholeMap(size));
  const [current, setCurrent] = useState(pickup ?? FIRST);
  const [pointed, setPointed] = useState<number>();
  const [isFocused, setIsFocused] = useState(false);
  const svg = useRef<SVGSVGElement>(null);
  const zoom = zoomOf(frame, size);

  const lines = useMemo(() => {
    if (minutes === undefined) return '';
    const bandOfZone = (id: number) => {
      const value = minutes.get(id);
      return value === undefined ? undefined : bandOf(value);
    };
    return isochrones(borders, bandOfZone);
  }, [minutes, borders]);

  const focusOn = (id: number) => {
    setCurrent(id);
    const center = shapes.find((shape) => shape.id === id)?.center;
    if (center !== undefined) setFrame((now) => showing(now, center, size));
    svg.current?.querySelector<SVGPathElement>(`[data-zone="${id}"]`)?.focus({ preventScroll: true });
  };
  const centerOfFrame: Point = [frame.x + frame.width / 2, frame.y + frame.height / 2];
  const zoomBy = (factor: number, anchor: Point) => setFrame((now) => zoomed(now, factor, anchor, size));
  /** Buttons zoom in on what is chosen, or on Manhattan, where the zones are small. */
  const anchorOf = (): Point => {
    const id = dropoff ?? pickup ?? FIRST;
    return zoom > 1 ? centerOfFrame : (shapes.find((shape) => shape.id === id)?.center ?? centerOfFrame);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (isArrow(key)) focusOn(nextZone(shapes, current, key));
    else if (key === 'Enter' || key === ' ') onChoose(current);
    else if (key === '+' || key === '=') zoomBy(STEP, shapes.find(({ id }) => id === current)?.center ?? centerOfFrame);
    else if (key === '-') zoomBy(1 / STEP, centerOfFrame);
    else if (key === '0') setFrame(wholeMap(size));
    else return;
    event.preventDefault();
  };

  const pointer = usePointer(svg, frame, setFrame, size, (id) => {
    setCurrent(id);
    onChoose(id);
  });

  const named = pointed ?? (isFocused ? current : undefined);
  const labels = minutes !== undefined && zoom >= LABELLED_ZOOM;
  return (
    <div class={`map choosing-${choosing}`}>
      {/* biome-ignore lint/a11y/useSemanticElements: a group of shapes is no fieldset */}
      <svg
        ref={svg}
        class={zoom > 1 ? 'zoomed' : undefined}
        role="group"
        aria-label={`Map of the taxi zones. Arrow keys move, Enter chooses the ${choosing}, plus and minus zoom.`}
        viewBox={`${frame.x} ${frame.y} ${frame.width} ${frame.height}`}
        onKeyDown={onKeyDown}
        onFocusIn={() => setIsFocused(true)}
        onFocusOut={() => setIsFocused(false)}
        onMouseOver={(event) => setPointed(zoneAt(event.target))}
        onMouseOut={() => setPointed(undefined)}
        {...pointer}
      >
        <g class={minutes === undefined ? 'zones' : 'zones shaded'} data-at={shadedAt}>
          {shapes.map(({ id, path }) => {
            const value = minutes?.get(id);
            return (
              <Zone
                key={id}
                id={id}
                path={path}
                band={value === undefined ? undefined : bandOf(value)}
                minutes={value === undefined ? undefined : Math.round(value)}
                mark={id === pickup ? 'pickup' : id === dropoff ? 'dropoff' : undefined}
                isCurrent={id === current}
              />
            );
          })}
        </g>
        {lines !== '' && <path class="isochrones" d={lines} />}
        {labels && (
          // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus
          <g class="labels" font-size={11.5 / zoom} aria-hidden="true">
            {shapes.map(({ id, center: [x, y] }) => {
              const value = minutes?.get(id);
              if (value === undefined || id === pickup || id === dropoff || !isInside(frame, x, y)) return null;
              return (
                <text key={id} x={x} y={y} dy=".35em">
                  {Math.round(value)}
                </text>
              );
            })}
          </g>
        )}
        <Outline city={city} zone={isFocused ? current : pointed} kind="pointed" />
        <Way city={city} pickup={pickup} dropoff={dropoff} zoom={zoom} />
      </svg>
      <div class="zoom">
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => zoomBy(STEP, anchorOf())}>
          +
        </button>
        <button
          type="button"
          aria-label="Zoom out"
          title="Zoom out"
          disabled={zoom <= 1}
          onClick={() => zoomBy(1 / STEP, centerOfFrame)}
        >
          −
        </button>
        <button
          type="button"
          aria-label="Show the whole city"
          title="Show the whole city"
          disabled={zoom <= 1}
          onClick={() => setFrame(wholeMap(size))}
        >
          ⤢
        </button>
      </div>
      <Tip zone={named} minutes={named === undefined ? undefined : minutes?.get(named)} />
    </div>
  );
}

interface ZoneProps {
  readonly id: number;
  readonly path: string;
  readonly band: number | undefined;
  readonly minutes: number | undefined;
  readonly mark: 'pickup' | 'dropoff' | undefined;
  readonly isCurrent: boolean;
}

/** Only zones whose shade or minutes changed are drawn again. */
const Zone = memo(({ id, path, band, minutes, mark, isCurrent }: ZoneProps) => {
  const zone = cityZone(id);
  const name = zone === undefined ? String(id) : `${labelOf(zone)}, ${zone.borough}`;
  const told = [name, ...(minutes === undefined ? [] : [`${minutes} minutes`]), ...(mark === undefined ? [] : [mark])];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a shape of an SVG cannot be a button element
    <path
      class={`zone${band === undefined ? '' : ` b${band}`}${mark === undefined ? '' : ` ${mark}`}`}
      d={path}
      data-zone={id}
      role="button"
      tabindex={isCurrent ? 0 : -1} // of an SVG, attributes are case-sensitive
      aria-label={told.join(', ')}
      aria-pressed={mark !== undefined}
    />
  );
});

function Outline({ city, zone, kind }: { city: CityMap; zone: number | undefined; kind: string }) {
  const shape = city.shapes.find(({ id }) => id === zone);
  return shape === undefined ? null : <path class={`outline ${kind}`} d={shape.path} />;
}

/** The two ends, marked by shape as well as by color, and the way between them. */
function Way({ city, pickup, dropoff, zoom }: Pick<ZoneMapProps, 'city' | 'pickup' | 'dropoff'> & { zoom: number }) {
  const centerOf = (zone: number | undefined) => city.shapes.find(({ id }) => id === zone)?.center;
  const [from, to] = [centerOf(pickup), centerOf(dropoff)];
  const r = 6 / zoom;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus
    <g class="way" aria-hidden="true">
      {from && to && <path class="line" d={arc(from, to)} />}
      {from && <circle cx={from[0]} cy={from[1]} r={r} />}
      {to && (
        <path
          class="pin"
          transform={`translate(${to[0]} ${to[1]}) scale(${1 / zoom})`}
          d="M0 0C-3-6-9-10-9-17a9 9 0 0 1 18 0C9-10 3-6 0 0z"
        />
      )}
    </g>
  );
}

/** A flat curve, so that ends in a line with others can be told apart. */
function arc([x, y]: Point, [toX, toY]: Point): string {
  const [bendX, bendY] = [(x + toX) / 2 + (toY - y) * 0.15, (y + toY) / 2 - (toX - x) * 0.15];
  return `M${x} ${y}Q${bendX} ${bendY} ${toX} ${toY}`;
}

function Tip({ zone: id, minutes }: { zone: number | undefined; minutes: number | undefined }) {
  const zone = id === undefined ? undefined : cityZone(id);
  return (
    <div class="tip" aria-hidden="true">
      {zone !== undefined && (
        <>
          <b>{labelOf(zone)}</b> <span class="quiet">{zone.borough}</span>
          {minutes !== undefined && <strong>{minutesText(minutes)}</strong>}
        </>
      )}
    </div>
  );
}

const isInside = ({ x, y, width, height }: Frame, atX: number, atY: number) =>
  atX > x && atX < x + width && atY > y && atY < y + height;

function zoneAt(target: EventTarget | null): number | undefined {
  const id = target instanceof Element ? target.getAttribute('data-zone') : null;
  return id === null ? undefined : Number(id);
}

/** Dragging, pinching and the wheel with Ctrl (as trackpads pinch); a press that does not move chooses a zone. */
function usePointer(
  svg: { readonly current: SVGSVGElement | null },
  frame: Frame,
  setFrame: (change: (now: Frame) => Frame) => void,
  size: Point,
  onChoose: (id: number) => void,
) {
  const pressed = useRef(new Map<number, { x: number; y: number }>());
  const start = useRef({ x: 0, y: 0, zone: undefined as number | undefined, isDrag: false });
  /** Map units in a pixel. */
  const unit = () => {
    const box = svg.current?.getBoundingClientRect();
    return box === undefined ? 1 : Math.max(frame.width / box.width, frame.height / box.height);
  };
  const onMap = (x: number, y: number): Point => {
    const box = svg.current?.getBoundingClientRect();
    if (box === undefined) return [0, 0];
    const [centerX, centerY] = [box.left + box.width / 2, box.top + box.height / 2];
    return [frame.x + frame.width / 2 + (x - centerX) * unit(), frame.y + frame.height / 2 + (y - centerY) * unit()];
  };

  // A listener of our own: only one that is not passive may keep the page from zooming as well.
  useEffect(() => {
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const anchor = onMap(event.clientX, event.clientY);
      setFrame((now) => zoomed(now, Math.exp(-event.deltaY / 100), anchor, size));
    };
    const element = svg.current;
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  });

  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      pressed.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const isDrag = pressed.current.size > 1;
      start.current = { x: event.clientX, y: event.clientY, zone: zoneAt(event.target), isDrag };
    },
    onPointerMove: (event: PointerEvent) => {
      const before = pressed.current.get(event.pointerId);
      if (before === undefined) return;
      const { x, y } = start.current;
      if (!start.current.isDrag && Math.hypot(event.clientX - x, event.clientY - y) > DRAG) {
        start.current.isDrag = true;
        svg.current?.setPointerCapture(event.pointerId);
      }
      const others = [...pressed.current].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      pressed.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const [other] = others;
      if (other !== undefined) {
        const factor =
          Math.hypot(event.clientX - other.x, event.clientY - other.y) /
          Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
        const anchor = onMap((event.clientX + other.x) / 2, (event.clientY + other.y) / 2);
        setFrame((now) => zoomed(now, factor, anchor, size));
      } else if (start.current.isDrag) {
        const by: Point = [(before.x - event.clientX) * unit(), (before.y - event.clientY) * unit()];
        setFrame((now) => moved(now, by, size));
      }
    },
    onPointerUp: (event: PointerEvent) => {
      const { isDrag, zone } = start.current;
      if (pressed.current.delete(event.pointerId) && !isDrag && zone !== undefined) onChoose(zone);
    },
    onPointerCancel: (event: PointerEvent) => void pressed.current.delete(event.pointerId),
  };
}
