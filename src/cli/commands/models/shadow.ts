import { logLines } from '#adapters/logs.ts';
import { chooseRun } from '#cli/choose-run.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { userName } from '#cli/user-name.ts';
import { differencesTable } from '#cli/view/differences-table.ts';
import { count, decimals, type Terminal } from '#cli/view/terminal.ts';
import { checkUsage } from '#cli/wrong-usage.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { functionName } from '#lib/config/names.ts';
import { differenceFigures } from '#model/evaluation/differences.ts';
import { type Shadow, type ShadowState, shadowState } from '#registry/shadow.ts';
import { startShadow, stopShadow } from '#registry/start-shadow.ts';
import type { ShadowOutcome } from '#streaming/shadow-batch.ts';
import { addUp, readShadowLine } from '#streaming/shadow-line.ts';

export interface ModelsShadowOptions {
  /** Starts it; without a run and `stop`, the shadow is shown. */
  readonly run: string | undefined;
  readonly hours?: number;
  readonly stop: boolean;
}

const USUAL_HOURS = 24;

/** `tripcast models shadow`: starts or stops a run that scores the stream next to the champion, or shows how it does. */
export async function modelsShadow(options: ModelsShadowOptions & CommonOptions, terminal: Terminal): Promise<void> {
  checkUsage(() => refuseContradiction(options));
  const to = await connect(options.env);
  if (options.stop) await stop(to, terminal);
  else if (options.run === undefined) await show(to, terminal);
  else await start(to, options.run, options.hours ?? USUAL_HOURS, terminal);
}

function refuseContradiction({ run, hours, stop: isStop }: ModelsShadowOptions): void {
  if (isStop && run !== undefined) {
    throw new TripcastError(
      `--stop was given with run ${run}`,
      'Stop the shadow without a run, or start one without --stop.',
    );
  }
  if (hours !== undefined && run === undefined) {
    throw new TripcastError(`--hours ${hours} was given without a run`, 'Name the run to start.');
  }
}

/** What the command prints with `--json`, whichever it does. */
const shadowJson = (
  status: 'started' | 'stopped' | 'none' | ShadowState['state'],
  shadow: Shadow | undefined,
  found: Found | null = null,
  reason: string | null = null,
) => ({ status, reason, shadow: shadow ?? null, found });

async function start(to: Deployment, named: string, hours: number, terminal: Terminal): Promise<void> {
  const { registry, config } = to;
  const taxiType = config.model.servedTaxiType;
  const { loadScorer } = await import('#adapters/onnxruntime.ts');
  const run = await chooseRun(to, named, taxiType);
  const at = new Date(systemClock.now());
  const shadow = await startShadow(registry, run, { taxiType, hours, by: userName(), at, loadScorer });
  terminal.result(shadowJson('started', shadow), () =>
    [
      `Run ${run} scores the stream in the shadow of the champion ${shadow.against.run_id} until ${shadow.until}.`,
      `The stream's functions notice within ${config.model.refreshSeconds} s. \`tripcast models shadow\` shows how it does, and --stop ends it.`,
    ].join('\n'),
  );
}

async function stop({ registry, config }: Deployment, terminal: Terminal): Promise<void> {
  const at = new Date(systemClock.now());
  const shadow = await stopShadow(registry, { taxiType: config.model.servedTaxiType, by: userName(), at });
  terminal.result(shadowJson(shadow === undefined ? 'none' : 'stopped', shadow), () =>
    shadow === undefined
      ? 'No shadow is running.'
      : `Run ${shadow.run_id} is no longer the shadow; the stream's functions notice within ${config.model.refreshSeconds} s.`,
  );
}

async function show(to: Deployment, terminal: Terminal): Promise<void> {
  const taxiType = to.config.model.servedTaxiType;
  const shadow = (await to.registry.shadow(taxiType).read())?.shadow;
  if (shadow === undefined) {
    terminal.result(
      shadowJson('none', undefined),
      () => 'There has been no shadow: `tripcast models shadow RUN` starts one.',
    );
    return;
  }
  const champion = (await to.registry.champion(taxiType))?.pointer.run_id;
  const state = shadowState(shadow, champion, systemClock.now());
  const progress = terminal.progress(`log of the shadow ${shadow.run_id}`);
  const found = await readShadow(to, shadow);
  progress.done(`${count(found.batches)} batches`);
  const reason = state.state === 'over' ? state.reason : null;
  terminal.result(shadowJson(state.state, shadow, found, reason), () => describe(shadow, state, found));
}

export type Found = Awaited<ReturnType<typeof readShadow>>;

/** Adds up what the function logged of a shadow, on all its instances. */
export async function readShadow({ config }: Pick<Deployment, 'config'>, shadow: Shadow) {
  const group = `/aws/lambda/${functionName(config.env, 'stream-score')}`;
  const lines: ShadowOutcome[] = [];
  for await (const { text } of logLines(group, { since: new Date(shadow.since) })) {
    const line = readShadowLine(text);
    if (line !== undefined) lines.push(line);
  }
  const { batches, all, groups, milliseconds, failed, problems } = addUp(lines, shadow.run_id, shadow.against.run_id);
  return {
    batches,
    ...differenceFigures(all),
    milliseconds_a_batch: batches === 0 ? null : milliseconds / batches,
    failed,
    problems,
    groups: groups.map(({ grouping, group: name, ...sums }) => ({ grouping, group: name, ...differenceFigures(sums) })),
  };
}

const OVER = {
  stopped: 'it was stopped',
  'time-is-up': 'its time is up',
  'champion-changed': 'another run has become champion',
} as const;

function describe(shadow: Shadow, state: ShadowState, found: Found): string {
  const { run_id, against, since, until, started_by } = shadow;
  const when = state.state === 'running' ? `until ${until}` : `over: ${OVER[state.reason]}`;
  return [
    `Run ${run_id} in the shadow of ${against.run_id}, started by ${started_by} at ${since}, ${when}.`,
    found.rides === 0
      ? 'It has scored no ride yet.'
      : `${differencesTable(found, found.groups)}\nDifferences are the shadow's prediction minus the champion's; it took ${decimals(found.milliseconds_a_batch, 1)} ms a batch.`,
    ...(found.failed === 0
      ? []
      : [`${count(found.failed)} rides were not scored by the shadow: ${found.problems.join('; ')}`]),
  ].join('\n');
}
