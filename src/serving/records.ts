import { modelCardSchema } from '#model/card/card.ts';
import { aliasPointerSchema } from '#registry/alias.ts';
import type { Registry } from '#registry/registry.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { monthSchema } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import { type Infer, z } from './zod.ts';

/** What is on record about the models and the months that they scored; the API only passes it on. */
export interface Records {
  /** undefined: no run has been promoted. */
  readonly champion: () => Promise<ChampionAnswer | undefined>;
  readonly history: () => Promise<HistoryAnswer>;
  readonly months: () => Promise<MonthsAnswer>;
}

/** A description derived from a custom type does not know on its own that null may stand there, too. */
const promotionSchema = aliasPointerSchema
  .extend({ previous_run_id: runIdSchema.nullable().openapi({ type: ['string', 'null'] }) })
  .openapi('Promotion');
const { validation } = modelCardSchema.shape;
const cardSchema = modelCardSchema
  .extend({ validation: validation.extend({ month: monthSchema.nullable().openapi({ type: ['string', 'null'] }) }) })
  .openapi('ModelCard');

export const championAnswerSchema = z
  .object({
    run_id: runIdSchema,
    promotion: z.union([promotionSchema, z.null()]).describe('null = the model is served without a registry'),
    card: cardSchema,
  })
  .openapi('Champion');
export type ChampionAnswer = Infer<typeof championAnswerSchema>;

export const historyAnswerSchema = z
  .object({ taxi_type: taxiTypeSchema, promotions: z.array(promotionSchema).describe('latest first') })
  .openapi('History');
export type HistoryAnswer = Infer<typeof historyAnswerSchema>;

const address = z.string().describe('s3:// address');
const rows = z.int().nonnegative();

export const monthsAnswerSchema = z
  .object({
    taxi_type: taxiTypeSchema,
    months: z
      .array(
        z.object({
          month: monthSchema,
          run_id: runIdSchema,
          rows_in: rows,
          rows_scored: rows,
          rejected: z.record(z.string(), rows).describe('by reason'),
          rmse: z.number().nullable().describe('minutes; null = the file has no dropoff times'),
          mae: z.number().nullable(),
          coverage_90: z.number().nullable(),
          evaluation: z
            .enum(['in-training', 'before-training', 'after-training'])
            .describe('errors of in-training months flatter'),
          scored_at: z.iso.datetime(),
          receipt: address,
          output: address,
          monitoring: z
            .object({
              verdict: z.enum(['steady', 'drifted', 'harm', 'not-enough-data']),
              takeaway: z.string(),
              drifted: z.array(z.string()).describe('the columns'),
              reference: monthSchema,
              report: address,
              page: address,
            })
            .nullable()
            .describe('null = there is no report on these predictions'),
        }),
      )
      .describe('those with predictions, latest first'),
  })
  .openapi('Months');
export type MonthsAnswer = Infer<typeof monthsAnswerSchema>;

/** What the registry has on record. @param months latest first */
export function registryRecords(
  registry: Pick<Registry, 'champion' | 'card' | 'history'>,
  taxiType: TaxiType,
  months: () => Promise<MonthsAnswer['months']>,
): Records {
  return {
    champion: async () => {
      const promotion = (await registry.champion(taxiType))?.pointer;
      const card = promotion && (await registry.card(promotion.run_id));
      return card && { run_id: promotion.run_id, promotion, card };
    },
    history: async () => ({ taxi_type: taxiType, promotions: (await registry.history(taxiType)).toReversed() }),
    months: async () => ({ taxi_type: taxiType, months: await months() }),
  };
}

/** Of a model that is served by itself: its card, if it has one. */
export const soleModelRecords = (taxiType: TaxiType, card: ChampionAnswer['card'] | undefined): Records => ({
  champion: async () => card && { run_id: card.run_id, promotion: null, card },
  history: async () => ({ taxi_type: taxiType, promotions: [] }),
  months: async () => ({ taxi_type: taxiType, months: [] }),
});
