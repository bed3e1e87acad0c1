import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { shown, TransientError, TripcastError } from '#errors.ts';
import type {
  MlflowBatch,
  MlflowDataset,
  MlflowRun,
  MlflowTags,
  MlflowTracking,
  MlflowVersion,
  NewMlflowRun,
  NewMlflowVersion,
} from '#mlflow/tracking.ts';
import { isWebAddress, parseWebAddress } from './web-address.ts';

export interface MlflowServer {
  /** http(s) address, as in MLFLOW_TRACKING_URI; it may contain a name and password. */
  readonly url: string;
  /** MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, as in MLflow's own clients. */
  readonly variables?: NodeJS.ProcessEnv;
  /** How long one answer may take. */
  readonly timeoutMs?: number;
  /** The first wait before a retry; it doubles. */
  readonly firstWaitMs?: number;
}

const TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 200;
const ATTEMPTS = 3;

/** MLflow's limits for one log-batch call; its 1000 entities are counted across both. */
const PARAMS_PER_BATCH = 100;
const METRICS_PER_BATCH = 900;
const RUNS_PER_PAGE = 1000;
const VERSIONS_PER_PAGE = 1000;

const tagList = z
  .array(z.object({ key: z.string(), value: z.string().default('') }))
  .default([])
  .transform((tags): MlflowTags => Object.fromEntries(tags.map(({ key, value }) => [key, value])));
const nextPage = z.string().default('');

const experimentByName = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const createdExperiment = z.object({ experiment_id: z.string() });
const run = z
  .object({
    info: z.object({ run_id: z.string(), status: z.string(), artifact_uri: z.string().default('') }),
    data: z.object({ tags: tagList }).default({ tags: {} }),
  })
  .transform(
    ({ info, data }): MlflowRun => ({
      runId: info.run_id,
      isFinished: info.status === 'FINISHED',
      artifactUri: info.artifact_uri,
      tags: data.tags,
    }),
  );
const createdRun = z.object({ run });
const foundRuns = z.object({ runs: z.array(run).default([]), next_page_token: nextPage });
const modelVersion = z.object({ version: z.string(), tags: tagList });
const oneVersion = z.object({ model_version: modelVersion });
const foundVersions = z.object({ model_versions: z.array(modelVersion).default([]), next_page_token: nextPage });
const nothing = z.object({});
const refusal = z.object({ error_code: z.string(), message: z.string().default('') });

/** An MLflow server over its REST API, /api/2.0/mlflow. */
export class MlflowClient implements MlflowTracking {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #firstWaitMs: number;

  /** @throws TripcastError when the address is not an http(s) one: MLflow also takes files and databases, which only Python reads */
  constructor({ url, variables = {}, timeoutMs = TIMEOUT_MS, firstWaitMs = FIRST_WAIT_MS }: MlflowServer) {
    if (!isWebAddress(url)) {
      throw new TripcastError(
        `${shown(url)} is not the address of an MLflow server`,
        'Set MLFLOW_TRACKING_URI to its http(s) address.',
      );
    }
    const address = parseWebAddress(url);
    this.url = address.url.replace(/\/+$/, '');
    // A name and password in the address take precedence over the variables, as in MLflow's own clients.
    this.#headers = { 'content-type': 'application/json', ...authorization(variables), ...address.headers };
    this.#timeoutMs = timeoutMs;
    this.#firstWaitMs = firstWaitMs;
  }

  async experiment(name: string, artifactLocation: string): Promise<string> {
    const path = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const found = await this.#call('GET', path, experimentByName, { unless: 'RESOURCE_DOES_NOT_EXIST' });
    if (found !== undefined) return found.experiment.experiment_id;
    const body = { name, artifact_location: artifactLocation };
    return (await this.#create('experiments/create', body, createdExperiment)).experiment_id;
  }

  async runsWithTag(experimentId: string, tag: string): Promise<readonly MlflowRun[]> {
    const search = {
      experiment_ids: [experimentId],
      filter: `tags.\`${tag}\` != ''`,
      run_view_type: 'ACTIVE_ONLY',
      max_results: RUNS_PER_PAGE,
    };
    const runs: MlflowRun[] = [];
    for (let token: string | undefined; token !== ''; ) {
      const page = await this.#repeatable('POST', 'runs/search', foundRuns, { ...search, page_token: token });
      runs.push(...page.runs);
      token = page.next_page_token;
    }
    return runs;
  }

  async createRun({ experimentId, name, startTime, tags }: NewMlflowRun): Promise<MlflowRun> {
    const body = { experiment_id: experimentId, run_name: name, start_time: startTime, tags: listOf(tags) };
    return (await this.#create('runs/create', body, createdRun)).run;
  }

  async logBatch(runId: string, { params, metrics }: MlflowBatch): Promise<void> {
    for (const part of parts(listOf(params), PARAMS_PER_BATCH)) {
      await this.#repeatable('POST', 'runs/log-batch', nothing, { run_id: runId, params: part });
    }
    for (const part of parts(metrics, METRICS_PER_BATCH)) {
      await this.#repeatable('POST', 'runs/log-batch', nothing, { run_id: runId, metrics: part });
    }
  }

  async logInputs(runId: string, datasets: readonly MlflowDataset[]): Promise<void> {
    const inputs = datasets.map(({ context, name, digest, sourceType, source, profile }) => ({
      tags: [{ key: 'mlflow.data.context', value: context }],
      dataset: { name, digest, source_type: sourceType, source, profile },
    }));
    await this.#repeatable('POST', 'runs/log-inputs', nothing, { run_id: runId, datasets: inputs });
  }

  async finishRun(runId: string, endTime: number): Promise<void> {
    await this.#repeatable('POST', 'runs/update', nothing, { run_id: runId, status: 'FINISHED', end_time: endTime });
  }

  async registerModel(name: string): Promise<void> {
    await this.#call('POST', 'registered-models/create', nothing, {
      body: { name },
      unless: 'RESOURCE_ALREADY_EXISTS',
    });
  }

  async versions(registeredModel: string): Promise<readonly MlflowVersion[]> {
    const query = new URLSearchParams({
      filter: `name = '${registeredModel}'`,
      max_results: String(VERSIONS_PER_PAGE),
    });
    const versions: MlflowVersion[] = [];
    for (let token: string | undefined; token !== ''; ) {
      if (token !== undefined) query.set('page_token', token);
      const page = await this.#repeatable('GET', `model-versions/search?${query}`, foundVersions);
      versions.push(...page.model_versions);
      token = page.next_page_token;
    }
    return versions;
  }

  async createVersion({ registeredModel, source, runId, tags, description }: NewMlflowVersion): Promise<MlflowVersion> {
    const body = { name: registeredModel, source, run_id: runId, tags: listOf(tags), description };
    return (await this.#create('model-versions/create', body, oneVersion)).model_version;
  }

  async aliasedVersion(registeredModel: string, alias: string): Promise<string | undefined> {
    const path = `registered-models/alias?${new URLSearchParams({ name: registeredModel, alias })}`;
    // For an alias that is not set, MLflow says that the parameter is invalid.
    const found = await this.#call('GET', path, oneVersion, { unless: 'INVALID_PARAMETER_VALUE' });
    return found?.model_version.version;
  }

  async setAlias(registeredModel: string, alias: string, version: string): Promise<void> {
    await this.#repeatable('POST', 'registered-models/alias', nothing, { name: registeredModel, alias, version });
  }

  async #repeatable<T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const answer = await this.#call(method, path, schema, { body });
    if (answer === undefined) throw new TypeError('Only an expected refusal gives undefined.');
    return answer;
  }

  /** Tried once: a server that fails after creating would create a second one. */
  async #create<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return schemaOf(this.url, schema, await this.#ask('POST', path, body));
  }

  /** Retried while the server cannot be reached or fails. @param unless the refusal for which undefined is returned */
  async #call<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    { body, unless }: { readonly body?: unknown; readonly unless?: string } = {},
  ): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return schemaOf(this.url, schema, await this.#ask(method, path, body));
      } catch (error) {
        if (error instanceof Refused && error.code === unless) return undefined;
        if (!(error instanceof TransientError) || attempt === ATTEMPTS) throw error;
        await sleep(this.#firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  async #ask(method: 'GET' | 'POST', path: string, body: unknown): Promise<unknown> {
    const { status, text } = await this.#fetch(method, path, body);
    const value = parseJson(text);
    if (status < 300) return value;
    const { data } = refusal.safeParse(value);
    const what = `MLflow at ${this.url} answered ${status} to ${path.split('?')[0]}`;
    const why = data === undefined ? shown(text) : `${data.error_code}: ${data.message}`;
    if (status >= 500 || status === 429) throw new TransientError(`${what} (${why})`, SYNC_LATER);
    throw new Refused(`${what} (${why})`, 'Check the server and its log.', data?.error_code);
  }

  async #fetch(method: 'GET' | 'POST', path: string, body: unknown) {
    try {
      const response = await fetch(`${this.url}/api/2.0/mlflow/${path}`, {
        method,
        headers: this.#headers,
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      throw new TransientError(`MLflow at ${this.url} cannot be reached (${reasonOf(cause)})`, SYNC_LATER, { cause });
    }
  }
}

const SYNC_LATER = '`npx tripcast models sync` catches up once it is back.';

/** A refusal by the server, with MLflow's own name for the reason. */
class Refused extends TripcastError {
  readonly code: string | undefined;

  constructor(what: string, fix: string, code: string | undefined) {
    super(what, fix);
    this.code = code;
  }
}

function authorization(variables: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = variables;
  if (user && password) return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  return token ? { authorization: `Bearer ${token}` } : {};
}

function schemaOf<T>(url: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TripcastError(
    `What answers at ${url} is not an MLflow server (${shown(value)})`,
    'Correct MLFLOW_TRACKING_URI.',
  );
}

const listOf = (values: MlflowTags) => Object.entries(values).map(([key, value]) => ({ key, value }));

const parts = <T>(values: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a proxy's page, say: the schema refuses it, with the message that shows it
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
