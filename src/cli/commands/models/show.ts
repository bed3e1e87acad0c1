import { chooseRun } from '#cli/choose-run.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, decimals, type Terminal, table } from '#cli/view/terminal.ts';
import { mlflowIdsOf } from '#mlflow/ids.ts';
import { validatedOn } from '#model/card/card.ts';
import { noRun } from '#registry/registry.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface ModelsShowOptions {
  readonly run: string;
  /** Whose champion, when `run` is `champion`. */
  readonly taxiType: TaxiType;
}

/** `tripcast models show`: everything the registry knows about a run. */
export async function modelsShow(options: ModelsShowOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const shown = await showRun(await connect(options.env), options);
  terminal.result(shown, () => describe(shown));
}

type Shown = Awaited<ReturnType<typeof showRun>>;

export async function showRun(to: Deployment, { run: named, taxiType }: ModelsShowOptions) {
  const { registry } = to;
  const run = await chooseRun(to, named, taxiType);
  const card = await registry.card(run);
  if (card === undefined) throw noRun(run);
  const champion = (await registry.champion(card.taxi_type))?.pointer;
  const [standing, history, files, mlflowIds] = await Promise.all([
    registry.standing(run, champion),
    registry.history(card.taxi_type),
    registry.folder(run).files(),
    mlflowIdsOf(to.models, to.config.model.experiment, run),
  ]);
  return {
    run_id: run,
    mlflow_run_ids: mlflowIds,
    champion: champion?.run_id === run,
    model: registry.uri(run, 'model.onnx'),
    files: files.map(({ name, body }) => ({ name, bytes: body.length })),
    card,
    gate: standing?.verdict ?? null,
    /** false: the gate compared the run with a former champion. */
    gate_counts: standing?.counts ?? false,
    /** Each time it was made the champion. */
    promotions: history.filter(({ run_id }) => run_id === run),
  };
}

function describe({
  run_id,
  card,
  gate,
  gate_counts,
  champion,
  model,
  files,
  promotions,
  mlflow_run_ids,
}: Shown): string {
  const { train, recalibrates, validation } = card;
  const facts: readonly (readonly [string, string])[] = [
    ['run', `${run_id}${champion ? ` (champion of ${card.taxi_type} taxis)` : ''}`],
    ['recipe', card.recipe],
    ['taxis', card.taxi_type],
    ['trained on', `${train.months.map(({ month }) => month).join(', ')}: ${count(train.rows)} rides`],
    ...(recalibrates === undefined
      ? []
      : [
          [
            'recalibrates',
            `${recalibrates.run_id}, on ${recalibrates.months.map(({ month }) => month).join(', ')}: ${count(recalibrates.rows)} rides`,
          ] as const,
        ]),
    ['validated on', `${validatedOn(card)}: ${count(validation.rows)} rides`],
    ['RMSE, MAE', `${decimals(validation.rmse, 4)}, ${decimals(validation.mae, 4)} min`],
    ['in the 90% interval', `${decimals(validation.coverage_90 * 100, 1)}%`],
    [
      'no distance given',
      `RMSE ${decimals(validation.typical_distance.rmse, 4)} min, ` +
        `${decimals(validation.typical_distance.coverage_90 * 100, 1)}% in the 90% interval`,
    ],
    ['code', card.code_version],
    ['made', card.created_at],
    ['model', model],
    ['files', files.map(({ name }) => name).join(', ')],
    ['MLflow', mlflow_run_ids.join(', ') || 'not mirrored yet: `tripcast models sync`'],
    ...promotions.map((move): [string, string] => [`champion #${move.sequence}`, saidOf(move)]),
  ];
  const checks = gate?.checks.map(({ check, passed, said }) => [passed ? 'passed' : 'FAILED', check, said]) ?? [];
  return [
    table(['what', ''], facts),
    '',
    gate === null
      ? 'The gate has not run: `tripcast models promote RUN --gate` runs it.'
      : `gate: ${gate.outcome}${gate_counts ? '' : ', against a former champion: `tripcast models promote RUN --gate` runs it again'}`,
    ...(checks.length === 0 ? [] : [table(['', 'check', 'found'], checks)]),
  ].join('\n');
}

function saidOf({ promoted_at, promoted_by, rolled_back_run_id, overruled }: Shown['promotions'][number]): string {
  const because = overruled?.because == null ? '' : ` (${overruled.because})`;
  return [
    `${promoted_at} by ${promoted_by}`,
    ...(rolled_back_run_id === undefined ? [] : [`rolling back ${rolled_back_run_id}`]),
    ...(overruled === undefined ? [] : [`overruling the gate${because}: ${overruled.reasons.join('; ')}`]),
  ].join(', ');
}
