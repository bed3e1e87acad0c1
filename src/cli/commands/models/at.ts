import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import type { Terminal } from '#cli/view/terminal.ts';
import { championAt } from '#registry/champion-at.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface ModelsAtOptions {
  readonly time: Date;
  readonly taxiType: TaxiType;
}

/** `tripcast models at`: which champion stood at a moment. */
export async function modelsAt(options: ModelsAtOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const found = await whoServed(await connect(options.env), options);
  terminal.result(found, () => describe(found));
}

export async function whoServed({ registry, config }: Deployment, { time, taxiType }: ModelsAtOptions) {
  const history = await registry.history(taxiType);
  const reign = championAt(history, time);
  return {
    taxi_type: taxiType,
    at: time.toISOString(),
    champion: reign?.promotion ?? null,
    until: reign?.until ?? null,
    first: history[0]?.promoted_at ?? null,
    /** How much later than promoted a running function may have followed. */
    refresh_seconds: config.model.refreshSeconds,
  };
}

function describe({ taxi_type, at, champion, until, first, refresh_seconds }: Awaited<ReturnType<typeof whoServed>>) {
  if (champion === null) {
    const since = first === null ? 'there has never been one' : `the first was promoted at ${first}`;
    return `At ${at} there was no champion for ${taxi_type} taxis: ${since}.`;
  }
  const { run_id, sequence, promoted_at, promoted_by } = champion;
  return [
    `At ${at} the champion for ${taxi_type} taxis was run ${run_id}:`,
    `#${sequence}, promoted at ${promoted_at} by ${promoted_by}, ${until === null ? 'and still the champion' : `until ${until}`}.`,
    `Functions follow a promotion within ${refresh_seconds} seconds. Score with it again: tripcast score IN OUT --as-of ${at}`,
  ].join('\n');
}
