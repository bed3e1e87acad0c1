import { type Ensemble, type Expression, operandsOf, type Table } from './expression.ts';
import type { Stage } from './stages.ts';

/**
 * In which order a graph's formulas are computed: a loop over the rides up to the features of the first ensembles, their
 * trees, a loop up to the features of those that need their sums, and so on; the last loop makes the outputs.
 */
export interface Plan {
  readonly tables: readonly Table[];
  /** All features of all ensembles, each once: the columns of a row. */
  readonly features: readonly Expression[];
  /** `ensembles[i]` are summed after `stages[i]`. */
  readonly stages: readonly Stage[];
  readonly ensembles: readonly (readonly Ensemble[])[];
}

export function planOf(outputs: Readonly<Record<string, Expression>>): Plan {
  const depths = new Map<Expression, number>();
  const tables = new Set<Table>();
  const ensembles: Ensemble[][] = [];

  /** How many ensembles must be summed one after the other before the expression can be computed. */
  const depthOf = (expression: Expression): number => {
    const seen = depths.get(expression);
    if (seen !== undefined) return seen;
    if (expression.kind === 'load') tables.add(expression.table);
    const isSum = expression.kind === 'sum';
    const needed = isSum ? expression.ensemble.features : operandsOf(expression);
    const before = Math.max(0, ...needed.map(depthOf));
    if (isSum) {
      ensembles[before] ??= [];
      ensembles[before].push(expression.ensemble);
    }
    const depth = isSum ? before + 1 : before;
    depths.set(expression, depth);
    return depth;
  };
  for (const output of Object.values(outputs)) depthOf(output);

  const features = new Set<Expression>();
  const stages = ensembles.map((some): Stage => {
    const fresh = new Set(some.flatMap((ensemble) => ensemble.features).filter((feature) => !features.has(feature)));
    for (const feature of fresh) features.add(feature);
    return { features: [...fresh], outputs: {} };
  });
  return { tables: [...tables], features: [...features], stages: [...stages, { features: [], outputs }], ensembles };
}
