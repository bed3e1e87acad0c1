import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { decimals, type Terminal, table } from '#cli/view/terminal.ts';
import { type ModelCard, validatedOn } from '#model/card/card.ts';
import { TAXI_TYPES, type TaxiType } from '#trips/taxi-type.ts';

export interface ModelsListOptions {
  readonly taxiType?: TaxiType;
}

/** `tripcast models list`: every run in the registry, latest first. */
export async function modelsList(options: ModelsListOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const runs = await listRuns(await connect(options.env), options.taxiType);
  terminal.result({ runs }, () =>
    table(
      ['run', 'recipe', 'taxis', 'trained on', 'validated on', 'RMSE min', 'in 90%', 'gate', 'champion', 'made'],
      runs.map((run) => [
        run.run_id,
        run.recipe,
        run.taxi_type,
        run.months.join(' '),
        run.validated_on,
        decimals(run.validation.rmse, 4),
        `${decimals(run.validation.coverage_90 * 100, 1)}%`,
        run.gate === null ? '–' : run.gate_counts ? run.gate : `${run.gate}, against a former champion`,
        run.champion ? 'champion' : '',
        run.created_at.slice(0, 16).replace('T', ' '),
      ]),
    ),
  );
}

export async function listRuns({ registry }: Deployment, taxiType?: TaxiType) {
  const cards = (await registry.runs()).filter((card) => taxiType === undefined || card.taxi_type === taxiType);
  const champions = await Promise.all(TAXI_TYPES.map((type) => registry.champion(type)));
  const championOf = (type: TaxiType) => champions[TAXI_TYPES.indexOf(type)]?.pointer;
  return Promise.all(
    cards.map(async (card) => {
      const champion = championOf(card.taxi_type);
      const gate = await registry.standing(card.run_id, champion);
      return {
        run_id: card.run_id,
        recipe: card.recipe,
        taxi_type: card.taxi_type,
        months: card.train.months.map(({ month }) => month),
        validation: validationOf(card),
        validated_on: validatedOn(card),
        gate: gate?.verdict.outcome ?? null,
        /** false: it judged the run against a former champion; `models promote --gate` asks again. */
        gate_counts: gate?.counts ?? false,
        champion: champion?.run_id === card.run_id,
        created_at: card.created_at,
      };
    }),
  );
}

const validationOf = ({ validation: { kind, month, rows, rmse, mae, coverage_90 } }: ModelCard) => ({
  kind,
  month,
  rows,
  rmse,
  mae,
  coverage_90,
});
