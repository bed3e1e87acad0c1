import { describe, expect, test } from 'vitest';
import { comparison } from '#cli/commands/start.ts';
import { renderCard } from '#model/card/card-html.ts';
import { publishedOn } from '#model/evaluation/reference-figures.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { aCard } from '../../support/a-card.ts';
import { realMonth } from '../../support/tlc-files.ts';

/** A card that was validated on a file of 2023-04 with these bytes. */
const validatedOn = (sha256: string) => aCard({ validation: { ...aCard().validation, sha256 } });
const modelsIn = (sha256: string) => comparison(validatedOn(sha256)).map(({ model }) => model);

describe('published figures', () => {
  test("are compared with a model that was validated on TLC's own file", async () => {
    const own = await sha256OfFile(realMonth('2023-04'));
    expect(publishedOn(own).map(({ rmse }) => rmse)).toEqual([6.2212029, 5.4709226]);
    expect(modelsIn(own)).toContain('xgboost-pair, reference');
    expect(renderCard(validatedOn(own))).toContain('xgboost-pair, reference');
    expect(publishedOn(await sha256OfFile(realMonth('2021-02'))).map(({ rmse }) => rmse)).toEqual([7.4808269]);
  });

  test('are not compared with one that was validated on another file of the same month, or on a split', () => {
    const other = 'f'.repeat(64);
    expect(modelsIn(other)).toEqual(['linear-pair, the champion', 'linear-pair, no distance given']);
    expect(renderCard(validatedOn(other))).not.toContain('reference');
    expect(publishedOn(null)).toEqual([]);
  });
});
