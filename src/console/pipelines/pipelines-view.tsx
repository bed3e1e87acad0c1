import type { Api } from '../api.ts';
import { Scroll } from '../scroll.tsx';
import { Loaded } from '../status.tsx';
import { useRemote } from '../use-remote.ts';
import { span } from '../words.ts';
import { drawn, type StateGraph } from './levels.ts';

/** What the page reads of GET /pipelines (src/serving/pipelines.ts). */
interface Pipelines {
  readonly pipelines: readonly Pipeline[];
}

interface Pipeline {
  readonly name: string;
  readonly graph: StateGraph;
  readonly last: Execution | null;
}

interface Execution {
  readonly name: string;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly states: Readonly<Record<string, StateStatus>>;
}

type StateStatus = 'running' | 'succeeded' | 'failed';

const POLL_MS = 5000;
const SIGNS: Readonly<Record<StateStatus, string>> = { running: '●', succeeded: '✓', failed: '▲' };

/** Each state machine as it is defined, with how far its last execution got. */
export function PipelinesView({ api }: { api: Api }) {
  const pipelines = useRemote<Pipelines>(api, 'pipelines', POLL_MS);
  return (
    <div class="view wide">
      <Loaded remote={pipelines} what="The pipelines">
        {({ pipelines: all }) => (
          <>
            {all.map((pipeline) => (
              <section key={pipeline.name} aria-label={pipeline.name}>
                <h2>{pipeline.name}</h2>
                <p class="quiet">{pipeline.last === null ? 'It has not run yet.' : summary(pipeline.last)}</p>
                <Scroll name={`Diagram of ${pipeline.name}`} way="x">
                  <Diagram graph={pipeline.graph} states={pipeline.last?.states ?? {}} title={pipeline.name} />
                </Scroll>
                <StateList graph={pipeline.graph} states={pipeline.last?.states ?? {}} />
              </section>
            ))}
          </>
        )}
      </Loaded>
    </div>
  );
}

function summary({ name, status, started_at, ended_at }: Execution): string {
  const took = ((ended_at === null ? Date.now() : Date.parse(ended_at)) - Date.parse(started_at)) / 1000;
  const ago = span((Date.now() - Date.parse(started_at)) / 1000);
  return `Execution ${name} ${status === 'running' ? `has been running for ${span(took)}` : `${status} after ${span(took)}, ${ago} ago`}.`;
}

const [BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y] = [152, 32, 16, 30];
/** Between the tracks of edges on the right, and between graphs. */
const [TRACK, GAP_PART] = [12, 40];

function Diagram({ graph, states, title }: { graph: StateGraph; states: Execution['states']; title: string }) {
  const parts = [
    { graph, name: undefined as string | undefined },
    ...graph.states.flatMap(({ name, each }) => (each === null ? [] : [{ graph: each, name }])),
  ].map(({ graph: part, name }) => ({ name, ...placed(part) }));
  const titles = parts.some(({ name }) => name !== undefined) ? 20 : 0;
  const height = Math.max(...parts.map((part) => part.height)) + titles;
  const lefts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.width + GAP_PART, 0));
  const width = (lefts.at(-1) ?? 0) + (parts.at(-1)?.width ?? 0);
  return (
    <svg
      class="diagram"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`${title}: the states are listed below`}
    >
      <defs>
        <marker id={`head-${title}`} viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0L6 3L0 6z" class="head" />
        </marker>
      </defs>
      {parts.map(({ name, boxes, edges }, i) => (
        <g key={name ?? ''} transform={`translate(${lefts[i]} ${titles})`}>
          {name !== undefined && (
            <text class="of" x="2" y="-4">
              Inside {name}
            </text>
          )}
          {edges.map(({ d, isBack }) => (
            <path key={d} class={isBack ? 'edge back' : 'edge'} d={d} marker-end={`url(#head-${title})`} />
          ))}
          {boxes.map(({ state, x, y }) => {
            const status = states[state.name];
            return (
              <g key={state.name} class={`state ${status ?? 'idle'}`} transform={`translate(${x} ${y})`}>
                <rect width={BOX_WIDTH} height={BOX_HEIGHT} rx={state.type === 'Choice' ? 16 : 6} />
                <text x={BOX_WIDTH / 2} y={BOX_HEIGHT / 2 + 4} text-anchor="middle">
                  {status === undefined ? '' : `${SIGNS[status]} `}
                  {state.name}
                </text>
              </g>
            );
          })}
        </g>
      ))}
    </svg>
  );
}

/**
 * Boxes, each level in the middle, and edges. An edge to the next level is a curve; any other runs down (or up) a track
 * on the right, one for each state that such edges lead to, so that they cross no box.
 */
function placed(graph: StateGraph) {
  const { levels, edges } = drawn(graph);
  const levelOf = new Map(levels.flatMap((level, i) => level.map(({ name }) => [name, i] as const)));
  const inner = Math.max(...levels.map((level) => level.length)) * (BOX_WIDTH + GAP_X) - GAP_X;
  const boxes = levels.flatMap((level, row) => {
    const used = level.length * (BOX_WIDTH + GAP_X) - GAP_X;
    return level.map((state, i) => ({
      state,
      x: (inner - used) / 2 + i * (BOX_WIDTH + GAP_X) + 1,
      y: row * (BOX_HEIGHT + GAP_Y) + GAP_Y / 2,
    }));
  });
  const boxOf = (name: string) => boxes.find(({ state }) => state.name === name);
  const isNext = ({ from, to }: { from: string; to: string }) =>
    (levelOf.get(to) ?? 0) === (levelOf.get(from) ?? 0) + 1;
  const tracks = [...new Set(edges.filter((edge) => !isNext(edge)).map(({ to }) => to))].toSorted(
    (one, other) => (levelOf.get(one) ?? 0) - (levelOf.get(other) ?? 0),
  );
  return {
    width: inner + (tracks.length + 1) * TRACK,
    height: levels.length * (BOX_HEIGHT + GAP_Y),
    boxes,
    edges: edges.flatMap((edge) => {
      const [a, b] = [boxOf(edge.from), boxOf(edge.to)];
      if (a === undefined || b === undefined) return [];
      const [x1, y1] = [a.x + BOX_WIDTH / 2, a.y + BOX_HEIGHT];
      const [x2, y2] = [b.x + BOX_WIDTH / 2, b.y - 1];
      if (isNext(edge))
        return [{ isBack: false, d: `M${x1} ${y1}C${x1} ${y1 + GAP_Y} ${x2} ${y2 - GAP_Y} ${x2} ${y2}` }];
      const track = inner + (tracks.indexOf(edge.to) + 1) * TRACK;
      // Out of the box and into it at its right half, where no curve is.
      const [out, into] = [x1 + BOX_WIDTH / 4, x2 + BOX_WIDTH / 4];
      return [{ isBack: edge.isBack, d: `M${out} ${y1}V${y1 + 7}H${track}V${y2 - 8}H${into}V${y2}` }];
    }),
  };
}

/** The same in words. */
function StateList({ graph, states }: { graph: StateGraph; states: Execution['states'] }) {
  const all = graph.states.flatMap((state) => [state, ...(state.each?.states ?? [])]);
  return (
    <details>
      <summary>The states as a table</summary>
      <table class="lines">
        <thead>
          <tr>
            <th scope="col" class="text">
              State
            </th>
            <th scope="col" class="text">
              Kind
            </th>
            <th scope="col" class="text">
              Leads to
            </th>
            <th scope="col" class="text">
              Last execution
            </th>
          </tr>
        </thead>
        <tbody>
          {all.map(({ name, type, next }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="text">{type}</td>
              <td class="text">{next.join(', ') || '–'}</td>
              <td class="text">{states[name] ?? 'not reached'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
