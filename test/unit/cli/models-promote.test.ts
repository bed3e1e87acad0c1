import { expect, test } from 'vitest';
import { promotionText } from '#cli/commands/models/promote.ts';
import type { AliasPointer } from '#registry/alias.ts';
import type { PromotionOutcome } from '#registry/promotion.ts';
import { aRun } from '../../support/a-run.ts';

const run = aRun('a');
const pointer: AliasPointer = {
  sequence: 3,
  run_id: run,
  uri: 's3://models/model.onnx',
  sha256: '0'.repeat(64),
  promoted_at: '2023-05-15T00:00:00.000Z',
  promoted_by: 'ada',
  previous_run_id: aRun('b'),
};
const stale = `The gate compared the run with champion #1 (${aRun('b')}), but the champion is now champion #2 (${aRun('c')})`;

test.each<[PromotionOutcome, string]>([
  [{ outcome: 'moved', pointer }, `Run ${run} is the champion (#3), after ${aRun('b')}.`],
  [
    { outcome: 'moved', pointer: { ...pointer, overruled: { reasons: ['It is worse'], because: 'a fix' } } },
    `Run ${run} is the champion (#3), after ${aRun('b')}.\nThe gate was overruled, as the history records:\n  - It is worse`,
  ],
  [
    { outcome: 'refused', judged: true, reasons: ['It is worse'] },
    `Run ${run} was not promoted: the gate rejects it (--force overrules it):\n  - It is worse`,
  ],
  [
    { outcome: 'refused', judged: false, reasons: [stale] },
    `Run ${run} was not promoted. ${stale}. Run the gate with \`tripcast models promote ${run} --env prod --gate\`.`,
  ],
  [
    { outcome: 'lost-race', winner: { ...pointer, run_id: aRun('c'), promoted_by: 'grace' } },
    `Run ${run} was not promoted: grace made ${aRun('c')} the champion in the meantime. Run the gate again with \`tripcast models promote ${run} --env prod --gate\`.`,
  ],
])('a promotion that ended as %j says what to do next', (outcome, text) => {
  expect(promotionText(run, outcome, 'prod')).toBe(text);
});
