import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { CLONE } from '#setup/paths.mjs';
import type { Json, Probe } from './probe.ts';
import type { Sight } from './run-probes.ts';

/** The columns of the ledger. To add an emulator, add its name here and write its file with `--write-ledger`. */
export const MEASURED = ['aws', 'ministack', 'localstack'] as const;
export type MeasuredOn = (typeof MEASURED)[number];

const recordSchema = z.object({
  /** What was measured: name and version, or region and date. */
  what: z.string(),
  /** What each probe saw there, by its id. */
  rows: z.record(z.string(), z.json()),
});

export type LedgerRecord = z.infer<typeof recordSchema>;

const fileOf = (on: MeasuredOn) => join(CLONE, 'test', 'aws', 'measured', `${on}.json`);

/** undefined if nobody has measured it yet. */
export function readRecord(on: MeasuredOn): LedgerRecord | undefined {
  const file = fileOf(on);
  return existsSync(file) ? recordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Records what was seen; a probe that did not run keeps its row. */
export function writeRecord(on: MeasuredOn, what: string, probes: readonly Probe[], sights: Sights): void {
  const before = readRecord(on)?.rows ?? {};
  const rows: Record<string, Json> = {};
  for (const { id } of probes) {
    const sight = sights.get(id);
    const seen = sight?.kind === 'seen' ? sight.seen : before[id];
    if (seen !== undefined) rows[id] = seen;
  }
  writeFileSync(fileOf(on), `${JSON.stringify({ what, rows }, undefined, 2)}\n`);
}

export type Sights = ReadonlyMap<string, Sight>;

export type Verdict =
  /** It does what AWS documents. */
  | 'as documented'
  /** It does not, but nothing changed since it was recorded. */
  | 'differs as recorded'
  /** It does something new. */
  | 'differs'
  | 'broken'
  | 'cannot probe';

const NOT_RECORDED = 'not recorded yet; use --write-ledger';

export interface Judged {
  readonly probe: Probe;
  readonly verdict: Verdict;
  /** What should have been seen, and what was. */
  readonly wanted: Json;
  readonly seen: Json;
}

const PASSED: ReadonlySet<Verdict> = new Set(['as documented', 'differs as recorded']);
export const hasPassed = ({ verdict }: Judged) => PASSED.has(verdict);
export const hasFailed = ({ verdict }: Judged) => !PASSED.has(verdict) && verdict !== 'cannot probe';

/**
 * AWS must do what its documentation says. An emulator must do what it did when it was measured, so that an upgrade that
 * changes a behavior, for better or worse, is noticed.
 */
export function judge(probe: Probe, sight: Sight | undefined, record?: LedgerRecord): Judged {
  const { expected } = probe;
  if (sight === undefined) return { probe, verdict: 'broken', wanted: expected, seen: 'It did not run.' };
  if (sight.kind === 'unseen') return { probe, verdict: 'cannot probe', wanted: expected, seen: sight.why };
  if (sight.kind === 'broken') return { probe, verdict: 'broken', wanted: expected, seen: sight.error };
  const { seen } = sight;
  const recorded = record?.rows[probe.id];
  const wanted = record === undefined ? expected : recorded === undefined ? NOT_RECORDED : recorded;
  if (!isDeepStrictEqual(seen, wanted)) return { probe, verdict: 'differs', wanted, seen };
  const verdict = isDeepStrictEqual(seen, expected) ? 'as documented' : 'differs as recorded';
  return { probe, verdict, wanted, seen };
}
