import { z } from 'zod';
import type { ModelCard } from '#model/card/card.ts';
import type { BoostingRound } from '#model/recipes/gradient-boosting.ts';
import type { Registry, RegistryNames } from '#registry/registry.ts';
import { parseS3Uri, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import { TAXI_TYPES, type TaxiType } from '#trips/taxi-type.ts';
import { linkMlflowRun } from './ids.ts';
import { MLFLOW_ARTIFACTS } from './keys.ts';
import { datasetsOf, metricsOf, noteOf, paramsOf, runNameOf, tagsOf, versionTagsOf } from './terms.ts';
import type { MlflowRun, MlflowTracking } from './tracking.ts';

/** The tag, on a run and on a version, that says which run in the registry it mirrors. */
const RUN_TAG = 'tripcast.run_id';
const CHAMPION = 'champion';

export interface MirrorDeps {
  readonly mlflow: MlflowTracking;
  readonly registry: Pick<Registry, 'runs' | 'folder' | 'champion'>;
  /** The registry's bucket. */
  readonly store: ObjectStore;
  readonly names: RegistryNames;
  /** Who is mirroring, as MLflow's user. */
  readonly user: string;
  readonly onMirrored?: (run: MirroredRun) => void;
}

export interface MirroredRun {
  readonly run_id: RunId;
  readonly mlflow_run_id: string;
  readonly registered_model: string;
  readonly version: string;
}

export interface MirroredChampion {
  readonly registered_model: string;
  readonly version: string;
  readonly run_id: RunId;
  /** false: MLflow's alias already pointed at it */
  readonly moved: boolean;
}

/** What a sync did. */
export interface SyncReport {
  readonly url: string;
  readonly experiment: string;
  /** Mirrored just now, oldest first. */
  readonly mirrored: readonly MirroredRun[];
  /** How many runs MLflow already had. */
  readonly present: number;
  readonly champions: readonly MirroredChampion[];
}

/**
 * Copies to MLflow every completed run that it lacks or has only in part, and moves its champion aliases to match the
 * registry's. Nothing is done twice, and an interrupted sync picks up where it stopped.
 * @throws TransientError when MLflow fails; whatever was mirrored by then is kept
 * @example
 * const mlflow = new MlflowClient({ url: 'http://127.0.0.1:5000' });
 * const { mirrored, champions } = await syncMlflow({ mlflow, registry, store, names, user: 'ada' });
 */
export async function syncMlflow(deps: MirrorDeps): Promise<SyncReport> {
  const { mlflow, registry, names, store } = deps;
  const experiment = await mlflow.experiment(names.experiment, s3Uri(store.bucket, MLFLOW_ARTIFACTS));
  const runs = await mlflow.runsWithTag(experiment, RUN_TAG);
  const cards = await registry.runs();
  const mirrored: MirroredRun[] = [];
  for (const card of cards.toReversed()) {
    const theirs = runs.filter(({ tags }) => tags[RUN_TAG] === card.run_id);
    if (theirs.some(({ isFinished }) => isFinished)) continue;
    const run = await mirrorRun(deps, experiment, card, theirs[0]);
    deps.onMirrored?.(run);
    mirrored.push(run);
  }
  const champions = await Promise.all(TAXI_TYPES.map((taxiType) => mirrorChampion(deps, taxiType)));
  return {
    url: mlflow.url,
    experiment: names.experiment,
    mirrored,
    present: cards.length - mirrored.length,
    champions: champions.filter((champion) => champion !== undefined),
  };
}

/** Mirrors one run and its model version. The run is marked FINISHED last: one that is not was interrupted. */
async function mirrorRun(
  { mlflow, registry, store, names, user }: MirrorDeps,
  experimentId: string,
  card: ModelCard,
  begun: MlflowRun | undefined,
): Promise<MirroredRun> {
  const folder = registry.folder(card.run_id);
  const at = Date.parse(card.created_at);
  const run =
    begun ??
    (await mlflow.createRun({
      experimentId,
      name: runNameOf(card),
      startTime: Math.round(at - card.seconds * 1000),
      tags: { [RUN_TAG]: card.run_id, ...tagsOf(card, folder.uri(''), user) },
    }));
  await mlflow.logBatch(run.runId, { params: paramsOf(card), metrics: metricsOf(card, at, await roundsOf(folder)) });
  await mlflow.logInputs(run.runId, datasetsOf(card));
  await showFiles(store, run, folder);
  const registeredModel = names.registeredModels[card.taxi_type];
  const version = await mirrorVersion(mlflow, registeredModel, run, card, folder.uri(''));
  const link = { mlflow_run_id: run.runId, registered_model: registeredModel, version };
  await linkMlflowRun(store, names.experiment, card.run_id, { ...link, tracking_uri: mlflow.url });
  await mlflow.finishRun(run.runId, at);
  return { run_id: card.run_id, ...link };
}

async function mirrorVersion(
  mlflow: MlflowTracking,
  registeredModel: string,
  { runId }: MlflowRun,
  card: ModelCard,
  folderUri: string,
): Promise<string> {
  await mlflow.registerModel(registeredModel);
  const there = await versionOf(mlflow, registeredModel, card.run_id);
  if (there !== undefined) return there;
  const created = await mlflow.createVersion({
    registeredModel,
    source: folderUri.replace(/\/$/, ''),
    runId,
    tags: { [RUN_TAG]: card.run_id, ...versionTagsOf(card) },
    description: noteOf(card, folderUri),
  });
  return created.version;
}

async function mirrorChampion(
  { mlflow, registry, names }: MirrorDeps,
  taxiType: TaxiType,
): Promise<MirroredChampion | undefined> {
  const seen = await registry.champion(taxiType);
  if (seen === undefined) return undefined;
  const { run_id } = seen.pointer;
  const registered_model = names.registeredModels[taxiType];
  const version = await versionOf(mlflow, registered_model, run_id);
  if (version === undefined) return undefined; // completed after the runs were listed: the next sync covers it
  const moved = (await mlflow.aliasedVersion(registered_model, CHAMPION)) !== version;
  if (moved) await mlflow.setAlias(registered_model, CHAMPION, version);
  return { registered_model, version, run_id, moved };
}

async function versionOf(mlflow: MlflowTracking, registeredModel: string, run: RunId): Promise<string | undefined> {
  return (await mlflow.versions(registeredModel)).find(({ tags }) => tags[RUN_TAG] === run)?.version;
}

type Folder = ReturnType<Registry['folder']>;

/**
 * Copies a run's files to where MLflow looks for its artifacts, so that its pages show them; the version's source is
 * still the run's own folder. A server that keeps artifacts outside the registry's bucket shows only the address.
 */
async function showFiles(store: ObjectStore, { artifactUri }: MlflowRun, folder: Folder): Promise<void> {
  const place = parseS3Uri(artifactUri);
  if (place?.bucket !== store.bucket) return;
  for (const { name, body } of await folder.files()) await store.put(`${place.key}/model/${name}`, body);
}

const ROUNDS_FILE = 'rounds.json';
const roundsSchema = z.array(
  z.object({ round: z.int().positive(), train: z.number(), validation: z.number().optional() }),
);

/** The errors after each boosting round, for recipes that have rounds. */
async function roundsOf(folder: Folder): Promise<readonly BoostingRound[]> {
  const body = await folder.read(ROUNDS_FILE);
  if (body === undefined) return [];
  return roundsSchema
    .parse(JSON.parse(new TextDecoder().decode(body)))
    .map(({ validation, ...round }) => ({ ...round, ...(validation !== undefined && { validation }) }));
}
