/** How a state machine is drawn: each state one level below the farthest that leads to it. */

export interface StateBox {
  readonly name: string;
  readonly type: string;
  readonly next: readonly string[];
  /** The states that a Map runs for each item. */
  readonly each: StateGraph | null;
}

export interface StateGraph {
  readonly start: string;
  readonly states: readonly StateBox[];
}

export interface Drawn {
  readonly levels: readonly (readonly StateBox[])[];
  /** A way back is an edge to an earlier level. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly isBack: boolean }[];
}

/**
 * The levels from the start down. Edges that close a circle (a wait that leads back to a question) are ways back and
 * count for no level; a state that nothing reaches is left out.
 */
export function drawn({ start, states }: StateGraph): Drawn {
  const byName = new Map(states.map((state) => [state.name, state]));
  const level = new Map<string, number>();
  const back = new Set<string>();
  const visit = (name: string, depth: number, path: readonly string[]) => {
    const state = byName.get(name);
    if (state === undefined || (level.get(name) ?? -1) >= depth) return;
    level.set(name, depth);
    for (const next of state.next) {
      if (path.includes(next) || next === name) back.add(`${name} ${next}`);
      else visit(next, depth + 1, [...path, name]);
    }
  };
  visit(start, 0, []);
  const reached = states.filter(({ name }) => level.has(name));
  const deepest = Math.max(0, ...level.values());
  return {
    levels: Array.from({ length: deepest + 1 }, (_, i) => reached.filter(({ name }) => level.get(name) === i)),
    edges: reached.flatMap(({ name, next }) =>
      next.flatMap((to) => (level.has(to) ? [{ from: name, to, isBack: back.has(`${name} ${to}`) }] : [])),
    ),
  };
}
