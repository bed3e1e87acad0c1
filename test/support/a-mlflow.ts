import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

type Tag = { readonly key: string; readonly value: string };

interface Run {
  readonly info: { readonly run_id: string; status: string; readonly artifact_uri: string };
  readonly data: { readonly tags: readonly Tag[] };
  params: readonly Tag[];
  metrics: readonly { readonly key: string; readonly value: number; readonly step: number }[];
  inputs: readonly { readonly tags: readonly Tag[]; readonly dataset: Readonly<Record<string, string>> }[];
}

interface Version {
  readonly version: string;
  readonly source: string;
  readonly run_id: string;
  readonly tags: readonly Tag[];
}

/** The reply in place of MLflow's own; `hang-up` ends the connection, `late` does so after the work is done. */
export type Trouble = { readonly status: number; readonly body?: string } | 'hang-up' | 'late' | undefined;

/** An in-memory MLflow server that knows the calls of mirroring, answers as 3.17.2 does, and can be made to fail. */
export interface AMlflow {
  readonly url: string;
  readonly runs: Run[];
  readonly versions: Version[];
  readonly aliases: Map<string, string>;
  readonly experiments: Map<string, string>;
  /** The calls so far, such as `runs/create`. */
  readonly calls: string[];
  trouble: (call: string) => Trouble;
  /** The Authorization header that every call must have; undefined: none is required. */
  authorization: string | undefined;
}

export async function aMlflow(): Promise<AMlflow> {
  const mlflow = {
    url: '',
    runs: [] as Run[],
    versions: [] as Version[],
    aliases: new Map<string, string>(),
    experiments: new Map<string, string>(),
    models: new Set<string>(),
    calls: [] as string[],
    trouble: (): Trouble => undefined,
    authorization: undefined,
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://mlflow');
    const call = url.pathname.replace('/api/2.0/mlflow/', '');
    mlflow.calls.push(call);
    const { authorization } = mlflow as AMlflow;
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      return response.writeHead(401).end('You are not authenticated.');
    }
    const trouble = (mlflow as AMlflow).trouble(call);
    if (trouble === 'hang-up') return request.socket.destroy();
    if (typeof trouble === 'object') return response.writeHead(trouble.status).end(trouble.body ?? '');
    const { status, body } = answer(mlflow, call, url.searchParams, await json(request));
    if (trouble === 'late') return request.socket.destroy();
    return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(mlflow, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function json(request: IncomingMessage) {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? {} : JSON.parse(text);
}

type State = Omit<AMlflow, 'trouble' | 'authorization'> & { readonly models: Set<string> };

const ok = (body: unknown = {}) => ({ status: 200, body });
const refused = (status: number, error_code: string) => ({ status, body: { error_code, message: error_code } });

// biome-ignore lint/suspicious/noExplicitAny: a request's body, as JSON has it
function answer(state: State, call: string, query: URLSearchParams, body: any) {
  const run = state.runs.find(({ info }) => info.run_id === body.run_id);
  switch (call) {
    case 'experiments/get-by-name': {
      const id = state.experiments.get(query.get('experiment_name') ?? '');
      return id === undefined ? refused(404, 'RESOURCE_DOES_NOT_EXIST') : ok({ experiment: { experiment_id: id } });
    }
    case 'experiments/create':
      state.experiments.set(body.name, '1');
      return ok({ experiment_id: '1' });
    case 'runs/search': {
      // Two per page, so that callers have to page.
      const from = Number(body.page_token ?? 0);
      const next = from + 2 < state.runs.length ? { next_page_token: String(from + 2) } : {};
      return ok({ runs: state.runs.slice(from, from + 2), ...next });
    }
    case 'runs/create': {
      const run_id = String(state.runs.length + 1).padStart(32, 'e');
      const info = { run_id, status: 'RUNNING', artifact_uri: `s3://memory/mlflow/${run_id}/artifacts` };
      // A fraction where an integer belongs silently loses everything after it.
      const tags = Number.isInteger(body.start_time) ? body.tags : [];
      const created: Run = { info, data: { tags }, params: [], metrics: [], inputs: [] };
      state.runs.push(created);
      return ok({ run: created });
    }
    case 'runs/log-batch':
      if (run === undefined) return refused(404, 'RESOURCE_DOES_NOT_EXIST');
      run.params = body.params ?? run.params;
      run.metrics = body.metrics ?? run.metrics;
      return ok();
    case 'runs/log-inputs':
      if (run === undefined) return refused(404, 'RESOURCE_DOES_NOT_EXIST');
      run.inputs = body.datasets;
      return ok();
    case 'runs/update':
      if (run === undefined) return refused(404, 'RESOURCE_DOES_NOT_EXIST');
      run.info.status = body.status;
      return ok();
    case 'registered-models/create':
      if (state.models.has(body.name)) return refused(400, 'RESOURCE_ALREADY_EXISTS');
      state.models.add(body.name);
      return ok({ registered_model: body });
    case 'model-versions/search':
      return ok({ model_versions: state.versions });
    case 'model-versions/create': {
      const version: Version = { ...body, version: String(state.versions.length + 1) };
      state.versions.push(version);
      return ok({ model_version: version });
    }
    case 'registered-models/alias': {
      if (body.alias !== undefined) {
        state.aliases.set(body.name, body.version);
        return ok();
      }
      const version = state.versions.find((each) => each.version === state.aliases.get(query.get('name') ?? ''));
      return version === undefined ? refused(400, 'INVALID_PARAMETER_VALUE') : ok({ model_version: version });
    }
    default:
      return refused(404, 'ENDPOINT_NOT_FOUND');
  }
}
