import type { Distribution } from './report-schema.ts';
import { type NumericSamples, type TwoSamples, total } from './statistics/two-samples.ts';

/** So many bars are a shape; more are noise. */
const BARS = 24;
/** With more levels, the most frequent ones get a bar each, and the others share the last one. */
const LEVELS = 24;
/** What is beyond these shares of the rows, on either side, falls into the outermost bars. */
const TAIL = 0.005;

/** The shares of both samples' rows, for a small chart. @param label of a level, for example a zone's name */
export function distribution(samples: TwoSamples, label: (level: string) => string = (level) => level): Distribution {
  return samples.kind === 'numeric' ? bars(samples) : levels(samples, label);
}

function bars(samples: NumericSamples): Distribution {
  const [low, high] = [quantileOf(samples, TAIL), quantileOf(samples, 1 - TAIL)];
  const width = (high - low) / BARS;
  const count = width > 0 ? BARS : 1;
  const barOf = (value: number) => (width > 0 ? Math.min(BARS - 1, Math.max(0, Math.floor((value - low) / width))) : 0);
  const [reference, current] = [new Float64Array(count), new Float64Array(count)];
  samples.values.forEach((value, i) => {
    const bar = barOf(value);
    reference[bar] = (reference[bar] ?? 0) + (samples.reference[i] ?? 0);
    current[bar] = (current[bar] ?? 0) + (samples.current[i] ?? 0);
  });
  return {
    kind: 'numeric',
    labels: Array.from({ length: count }, (_, bar) => String(Number((low + bar * width).toPrecision(4)))),
    reference: shares(reference),
    current: shares(current),
  };
}

/** The value below which a share of both samples' rows lies. */
function quantileOf({ values, reference, current }: NumericSamples, share: number): number {
  const wanted = share * (total(reference) + total(current));
  let before = 0;
  const found = reference.findIndex((count, i) => {
    before += count + (current[i] ?? 0);
    return before >= wanted;
  });
  return values[found] ?? 0;
}

function levels({ values, reference, current }: TwoSamples, label: (level: string) => string): Distribution {
  const all = Array.from(reference, (count, i) => ({
    label: label(String(values[i])),
    reference: count,
    current: current[i] ?? 0,
  }));
  const byRows = all.toSorted((a, b) => b.reference + b.current - a.reference - a.current);
  const rest = byRows.slice(LEVELS - 1);
  // A few levels stay in their own order: hours and weekdays are read so.
  const shown =
    all.length <= LEVELS
      ? all
      : [
          ...byRows.slice(0, LEVELS - 1),
          {
            label: `${rest.length} others`,
            reference: rest.reduce((sum, each) => sum + each.reference, 0),
            current: rest.reduce((sum, each) => sum + each.current, 0),
          },
        ];
  return {
    kind: 'categorical',
    labels: shown.map((each) => each.label),
    reference: shares(Float64Array.from(shown, (each) => each.reference)),
    current: shares(Float64Array.from(shown, (each) => each.current)),
  };
}

/** To four digits: a chart shows no more, and the report stays small. */
function shares(counts: Float64Array): number[] {
  const rows = Math.max(1, total(counts));
  return Array.from(counts, (count) => Number((count / rows).toFixed(4)));
}
