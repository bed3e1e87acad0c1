import { z } from 'zod';
import type { Comparison } from '#model/evaluation/compare.ts';
import type { Figures } from '#model/evaluation/figures.ts';
import { EXACT_TOLERANCE_MINUTES, GRAPH_TOLERANCE_MINUTES } from '#model/golden/golden.ts';
import type { comparedSchema, SeenChampion, Verdict } from '#registry/verdict.ts';
import type { DataFacts } from './data-facts.ts';

/** The limits that a run has to meet to become champion; `gate` in the config. */
export const gateLimitsSchema = z.object({
  leastRows: z.int().positive(),
  mostOutOfRangeShare: z.number(),
  mostNullShare: z.number(),
  leastZones: z.int().positive(),
  leastR2: z.number(),
  rmseToleranceMinutes: z.number(),
  bestToleranceMinutes: z.number(),
  coverageToleranceShare: z.number(),
});
export type GateLimits = Readonly<z.infer<typeof gateLimitsSchema>>;

/** How a run compares with the champion on the run's validation rides. */
export type AgainstChampion = { readonly kind: 'no-champion' } | AgainstOther;

export type AgainstOther =
  | { readonly kind: 'not-comparable'; readonly champion: SeenChampion; readonly reason: string }
  | {
      readonly kind: 'compared';
      readonly champion: SeenChampion;
      /** Whether the champion's recipe was refitted without the rides used in the comparison. */
      readonly refitted: boolean;
      /** a is the run, b the champion. */
      readonly comparison: Comparison;
    };

/** All measurements of a run, taken before it is judged. */
export interface Evidence {
  /** Largest difference in minutes from the graph in training (`here`) and from the recipe's own algebra (`exact`). */
  readonly golden: { readonly checked: number; readonly here: number; readonly exact: number };
  readonly data: DataFacts;
  /** On the validation rides, with the metered distance and without one. */
  readonly figures: { readonly given: Figures; readonly typical: Figures };
  readonly champion: AgainstChampion;
  /** The best champion so far, if it is not the current one. */
  readonly best?: AgainstOther;
}

interface Check {
  readonly check: string;
  readonly passed: boolean;
  /** The figure and its limit. */
  readonly said: string;
}

/**
 * Judges a run by its evidence. Each sentence has the figure and the limit, whether or not it was met.
 * @example
 * const { outcome, reasons } = judge(evidence, config.gate);
 */
export function judge(evidence: Evidence, limits: GateLimits): Verdict {
  const { golden, data, figures, champion, best } = evidence;
  const checks = [
    goldenCheck(golden),
    ...dataChecks(data, limits),
    r2Check(figures.given, limits),
    ...coverageChecks(figures, limits),
    championCheck(champion, limits),
    ...(best === undefined ? [] : [otherCheck(best, BEST, limits.bestToleranceMinutes)]),
  ];
  const reasons = checks.filter(({ passed }) => !passed).map(({ said }) => said);
  const uncompared = [champion, best].filter((against) => against?.kind === 'not-comparable').length;
  const onlyUncompared = uncompared > 0 && reasons.length === uncompared;
  return {
    outcome: reasons.length === 0 ? 'passed' : onlyUncompared ? 'not-comparable' : 'refused',
    reasons,
    checks,
    champion: champion.kind === 'no-champion' ? null : comparedWith(champion),
    ...(best && { best: comparedWith(best) }),
  };
}

/** A verdict on a run whose files do not predict what they predicted in training: nothing else is worth measuring. */
export function judgeGolden(golden: Evidence['golden']): Verdict | undefined {
  const check = goldenCheck(golden);
  return check.passed ? undefined : { outcome: 'refused', reasons: [check.said], checks: [check], champion: null };
}

function goldenCheck({ checked, here, exact }: Evidence['golden']): Check {
  return {
    check: 'golden rides',
    passed: here <= GRAPH_TOLERANCE_MINUTES && exact <= EXACT_TOLERANCE_MINUTES,
    said:
      `On its ${checked} golden rides the graph is ${here} min off (limit ${GRAPH_TOLERANCE_MINUTES}) ` +
      `and ${exact} min from the recipe's own algebra (limit ${EXACT_TOLERANCE_MINUTES})`,
  };
}

function dataChecks(data: DataFacts, limits: GateLimits): readonly Check[] {
  const { rows, rows_read, out_of_range, nulls, zones, repeated, validated_on_training: seen } = data;
  const outOfRange = out_of_range / rows_read;
  const [worstColumn, missing] = Object.entries(nulls).reduce((worst, each) => (each[1] > worst[1] ? each : worst));
  const fewestZones = Math.min(zones.pickup, zones.dropoff);
  return [
    {
      check: 'rows',
      passed: rows >= limits.leastRows,
      said: `${rows} rides are left after cleaning; at least ${limits.leastRows} are needed`,
    },
    {
      check: 'label range',
      passed: outOfRange <= limits.mostOutOfRangeShare,
      said: `${percent(outOfRange)} of the rides read lasted outside 1 to 60 minutes (limit ${percent(limits.mostOutOfRangeShare)})`,
    },
    {
      check: 'nulls',
      passed: missing / rows_read <= limits.mostNullShare,
      said: `${percent(missing / rows_read)} of the rides read have no ${worstColumn} (limit ${percent(limits.mostNullShare)})`,
    },
    {
      check: 'zones',
      passed: fewestZones >= limits.leastZones,
      said: `Rides start in ${zones.pickup} zones and end in ${zones.dropoff}; at least ${limits.leastZones} of each are needed`,
    },
    {
      check: 'files',
      passed: repeated.length === 0,
      said:
        repeated.length === 0
          ? 'No file is used twice (by sha256)'
          : `The same file (by sha256) is used twice: for ${repeated.map((months) => months.join(' and ')).join('; for ')}`,
    },
    {
      check: 'validation rides',
      passed: seen === null,
      said:
        seen === null
          ? 'It was trained on none of the rides that it was validated on'
          : `It was validated on ${seen}, which it was trained on: that says nothing about new rides`,
    },
  ];
}

/** A model that learned nothing, for example from shuffled labels, explains no variance. */
function r2Check({ r2 }: Figures, { leastR2 }: GateLimits): Check {
  return {
    check: 'better than the mean',
    passed: r2 !== null && r2 >= leastR2,
    said: `R2 on the validation rides is ${r2 === null ? 'undefined (all rides took equally long)' : r2.toFixed(4)}; at least ${leastR2} is needed, and always predicting the mean has 0`,
  };
}

function coverageChecks({ given, typical }: Evidence['figures'], limits: GateLimits): readonly Check[] {
  const check = (nominal: number, distance: string, found: number): Check => ({
    check: `coverage ${nominal * 100}%, ${distance}`,
    // The last digits of a decimal fraction are the machine's, not the data's.
    passed: Math.abs(found - nominal) <= limits.coverageToleranceShare + 1e-12,
    said: `${percent(found)} of the validation rides (${distance}) are inside their ${nominal * 100}% interval (limit ${nominal * 100}% ± ${(limits.coverageToleranceShare * 100).toFixed(1)} points)`,
  });
  return [
    check(0.9, 'metered distance', given.coverage_90),
    check(0.8, 'metered distance', given.coverage_80),
    check(0.9, 'no distance given', typical.coverage_90),
    check(0.8, 'no distance given', typical.coverage_80),
  ];
}

const CHAMPION = 'champion';
const BEST = 'best champion so far';

function championCheck(against: AgainstChampion, { rmseToleranceMinutes }: GateLimits): Check {
  return against.kind === 'no-champion'
    ? { check: CHAMPION, passed: true, said: 'There is no champion yet to compare it with' }
    : otherCheck(against, CHAMPION, rmseToleranceMinutes);
}

function otherCheck(against: AgainstOther, check: string, allowed: number): Check {
  const { run_id } = against.champion;
  if (against.kind === 'not-comparable') {
    return { check, passed: false, said: `It cannot be compared with the ${check} ${run_id}: ${against.reason}` };
  }
  const { a, b, rows, rmse_difference: difference, interval } = against.comparison;
  const range = interval === null ? '' : `, 95% interval ${interval.map((end) => end.toFixed(3)).join('..')}`;
  const how = against.refitted ? ', refitted without them' : '';
  return {
    check,
    passed: difference <= allowed,
    said:
      `RMSE ${a.rmse.toFixed(4)} min on ${rows} rides; the ${check} ${run_id}${how}: ${b.rmse.toFixed(4)} min ` +
      `(difference ${difference.toFixed(4)}${range}); at most ${allowed} more is allowed`,
  };
}

function comparedWith(against: AgainstOther): z.infer<typeof comparedSchema> {
  const { run_id, sequence } = against.champion;
  if (against.kind !== 'compared') return { run_id, sequence, refitted: false, comparison: null };
  const { interval, ...figures } = against.comparison;
  const comparison = { ...figures, interval: interval && ([...interval] as [number, number]) }; // mutable
  return { run_id, sequence, refitted: against.refitted, comparison };
}

const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
