import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';
import type {
  Booster,
  BoostingOptions,
  FeatureMatrix,
  GradientBoosting,
  LabelledMatrix,
  TreeEnsemble,
} from '#model/recipes/gradient-boosting.ts';

/** A different version may grow different trees from the same rides. */
export const XGBOOST_VERSION = '3.2.0';
/** Fixed, so that a laptop and a function with more processors grow the same trees. */
const THREADS = 2;
/** Where the library is in its wheel. The layout is kept: the library finds its libgomp by a relative path. */
export const LIBRARY_IN_WHEEL = `xgboost/lib/libxgboost.${process.platform === 'darwin' ? 'dylib' : 'so'}`;
/** The folder that stands in for the wheel, next to the node_modules of a Lambda layer or image. */
export const WHEEL_IN_LAYER = 'xgboost-cpu';

/**
 * Opens the real XGBoost, the shared object of its Python wheel.
 * @param library its path; defaults to XGBOOST_LIBRARY, then to the one next to a function's natives
 * @throws TripcastError when it is missing, cannot be loaded, or is another version
 * @example
 * const booster = await (await openXGBoost()).train({ matrix, labels, parameters: { max_depth: 6 }, rounds: 100 });
 */
export async function openXGBoost(
  library: string | undefined = process.env.XGBOOST_LIBRARY ?? besideNatives(),
): Promise<GradientBoosting> {
  if (library === undefined || !existsSync(library)) {
    throw new TripcastError(`There is no XGBoost library ${library === undefined ? 'here' : shown(library)}`, FIX);
  }
  // libgomp reads this once, when it is loaded: threads that spin while waiting made a busy machine ten times slower.
  process.env.OMP_WAIT_POLICY ??= 'PASSIVE';
  const native = await bind(library);
  const version = versionOf(native);
  if (version !== XGBOOST_VERSION) {
    throw new TripcastError(`${library} is XGBoost ${version}, and tripcast needs ${XGBOOST_VERSION}`, FIX);
  }
  native.check(native.XGBSetGlobalConfig(JSON.stringify({ verbosity: 0 })));
  return { version, train: (options) => train(native, options), load: (model) => load(native, model) };
}

const FIX = `Run \`npm run setup\`, or let XGBOOST_LIBRARY name the libxgboost of xgboost-cpu ${XGBOOST_VERSION}.`;

/** Lambda puts a layer's node_modules into NODE_PATH; an image has them next to the code. */
function besideNatives(): string | undefined {
  const { LAMBDA_TASK_ROOT, NODE_PATH = '' } = process.env;
  const folders = [LAMBDA_TASK_ROOT ?? '', ...NODE_PATH.split(delimiter).map(dirname)];
  return folders.map((folder) => join(folder, WHEEL_IN_LAYER, LIBRARY_IN_WHEEL)).find(existsSync);
}

/** A pointer from the library. */
type Handle = unknown;
type Out<T> = [T | null];

/** The part of XGBoost's C API (xgboost/c_api.h) used here; every function but the first two returns 0 or a failure. */
interface Native {
  XGBoostVersion(major: Out<number>, minor: Out<number>, patch: Out<number>): void;
  XGBGetLastError(): string;
  XGBSetGlobalConfig(config: string): number;
  XGDMatrixCreateFromDense(data: string, config: string, out: Out<Handle>): number;
  XGDMatrixCreateFromCSR(
    offsets: string,
    indices: string,
    values: string,
    columns: number,
    config: string,
    out: Out<Handle>,
  ): number;
  XGDMatrixSetInfoFromInterface(matrix: Handle, field: string, data: string): number;
  XGDMatrixFree(matrix: Handle): number;
  XGBoosterCreate(matrices: readonly Handle[], length: number, out: Out<Handle>): number;
  XGBoosterLoadModelFromBuffer(booster: Handle, model: Uint8Array, length: number): number;
  XGBoosterSetParam(booster: Handle, name: string, value: string): number;
  XGBoosterUpdateOneIter(booster: Handle, round: number, matrix: Handle): number;
  XGBoosterEvalOneIter(
    booster: Handle,
    round: number,
    matrices: readonly Handle[],
    names: readonly string[],
    length: number,
    out: Out<string>,
  ): number;
  XGBoosterPredictFromDMatrix(
    booster: Handle,
    matrix: Handle,
    config: string,
    shape: Out<Handle>,
    dimensions: Out<number>,
    out: Out<Handle>,
  ): number;
  XGBoosterFeatureScore(
    booster: Handle,
    config: string,
    features: Out<number>,
    names: Out<Handle>,
    dimensions: Out<number>,
    shape: Out<Handle>,
    scores: Out<Handle>,
  ): number;
  XGBoosterSaveModelToBuffer(booster: Handle, config: string, length: Out<number | bigint>, out: Out<Handle>): number;
  XGBoosterFree(booster: Handle): number;
}

const SIGNATURES: Readonly<Record<keyof Native, string>> = {
  XGBoostVersion: 'void (_Out_ int *, _Out_ int *, _Out_ int *)',
  XGBGetLastError: 'const char *()',
  XGBSetGlobalConfig: 'int (const char *)',
  XGDMatrixCreateFromDense: 'int (const char *, const char *, _Out_ void **)',
  XGDMatrixCreateFromCSR: 'int (const char *, const char *, const char *, uint64_t, const char *, _Out_ void **)',
  XGDMatrixSetInfoFromInterface: 'int (void *, const char *, const char *)',
  XGDMatrixFree: 'int (void *)',
  XGBoosterCreate: 'int (void **, uint64_t, _Out_ void **)',
  XGBoosterLoadModelFromBuffer: 'int (void *, const uint8_t *, uint64_t)',
  XGBoosterSetParam: 'int (void *, const char *, const char *)',
  XGBoosterUpdateOneIter: 'int (void *, int, void *)',
  XGBoosterEvalOneIter: 'int (void *, int, void **, const char **, uint64_t, _Out_ const char **)',
  XGBoosterPredictFromDMatrix: 'int (void *, void *, const char *, _Out_ void **, _Out_ uint64_t *, _Out_ void **)',
  XGBoosterFeatureScore:
    'int (void *, const char *, _Out_ uint64_t *, _Out_ void **, _Out_ uint64_t *, _Out_ void **, _Out_ void **)',
  XGBoosterSaveModelToBuffer: 'int (void *, const char *, _Out_ uint64_t *, _Out_ void **)',
  XGBoosterFree: 'int (void *)',
};

interface Bound extends Native {
  /** @throws TripcastError with XGBoost's own message for a result other than 0 */
  check(result: number): void;
  /** Copies `bytes` bytes of the library's memory. */
  copy(pointer: Handle, bytes: number): ArrayBuffer;
  strings(pointer: Handle, length: number): readonly string[];
  /** The array in the form that XGBoost takes: NumPy's array interface, as JSON. */
  arrayInterface(values: Float32Array | Uint32Array, shape?: readonly number[]): string;
}

async function bind(library: string): Promise<Bound> {
  const { default: koffi } = await import('koffi');
  let native: Native;
  try {
    const loaded = koffi.load(library);
    const functions = Object.entries(SIGNATURES).map(([name, signature]) => [
      name,
      loaded.func(signature.replace('(', `${name}(`)),
    ]);
    native = Object.fromEntries(functions); // typed by the signatures above
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TripcastError(`${library} is not an XGBoost library that loads here: ${reason}`, FIX, { cause });
  }
  return {
    ...native,
    check(result) {
      if (result !== 0) throw refusal(native.XGBGetLastError());
    },
    copy: (pointer, bytes) => (bytes === 0 ? new ArrayBuffer(0) : koffi.view(pointer, bytes).slice(0)),
    strings: (pointer, length) => koffi.decode(pointer, 'const char *', length),
    arrayInterface: (values, shape = [values.length]) =>
      JSON.stringify({
        data: [Number(koffi.address(values)), true],
        shape,
        typestr: values instanceof Float32Array ? '<f4' : '<u4',
        version: 3,
      }),
  };
}

/** The first line of XGBoost's message, after the time and the source location; a stack trace follows. */
function refusal(message: string): TripcastError {
  const [first = ''] = message.split('\n');
  return new TripcastError(
    `XGBoost failed: ${first.replace(/^\[[\d:]+\] \S+: /, '')}`,
    'Check the rides and the parameters of the recipe.',
  );
}

/** What a library function wrote into `out`. */
function written<T>([value]: Out<T>): T {
  if (value === null) throw new Error('XGBoost reported success but returned nothing.');
  return value;
}

function versionOf(native: Native): string {
  const parts: readonly Out<number>[] = [[null], [null], [null]];
  const [major = [null], minor = [null], patch = [null]] = parts;
  native.XGBoostVersion(major, minor, patch);
  return parts.map(written).join('.');
}

/** XGBoost's own copy of a matrix. */
class NativeMatrix implements Disposable {
  readonly handle: Handle;
  readonly #native: Bound;

  constructor(native: Bound, matrix: FeatureMatrix) {
    const out: Out<Handle> = [null];
    const config = `{"missing":NaN,"nthread":${THREADS}}`; // JSON as XGBoost reads it
    const { rows, columns, values } = matrix;
    native.check(
      matrix.kind === 'dense'
        ? native.XGDMatrixCreateFromDense(native.arrayInterface(values, [rows, columns]), config, out)
        : native.XGDMatrixCreateFromCSR(
            native.arrayInterface(matrix.offsets),
            native.arrayInterface(matrix.indices),
            native.arrayInterface(values),
            columns,
            config,
            out,
          ),
    );
    this.handle = written(out);
    this.#native = native;
  }

  static labelled(native: Bound, { matrix, labels, weights }: LabelledMatrix): NativeMatrix {
    const made = new NativeMatrix(native, matrix);
    try {
      const set = (field: string, values: Float32Array) =>
        native.check(native.XGDMatrixSetInfoFromInterface(made.handle, field, native.arrayInterface(values)));
      set('label', labels);
      if (weights !== undefined) set('weight', weights);
      return made;
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#native.XGDMatrixFree(this.handle);
  }
}

async function train(native: Bound, options: BoostingOptions): Promise<Booster> {
  const { parameters, rounds, validation, onRound } = options;
  using matrix = NativeMatrix.labelled(native, options);
  using watched = validation && NativeMatrix.labelled(native, validation);
  const watching = { train: matrix.handle, ...(watched && { validation: watched.handle }) };
  const booster = new NativeBooster(native, [matrix.handle]);
  try {
    for (const [name, value] of Object.entries({ ...parameters, nthread: THREADS })) booster.set(name, value);
    for (let round = 1; round <= rounds; round += 1) {
      native.check(native.XGBoosterUpdateOneIter(booster.handle, round - 1, matrix.handle));
      if (onRound) onRound({ round, ...booster.errors(round - 1, watching) });
      await nextTurn(); // gives signals and the terminal a turn
    }
    return booster;
  } catch (error) {
    booster[Symbol.dispose]();
    throw error;
  }
}

function load(native: Bound, model: Uint8Array): Booster {
  const booster = new NativeBooster(native, []);
  try {
    native.check(native.XGBoosterLoadModelFromBuffer(booster.handle, model, model.byteLength));
    booster.set('nthread', THREADS);
    return booster;
  } catch (error) {
    booster[Symbol.dispose]();
    throw error;
  }
}

/** What XGBoosterPredictFromDMatrix should return (c_api.h): predictions, or feature contributions. */
const PREDICT_MINUTES = 0;
const PREDICT_CONTRIBUTIONS = 2;

class NativeBooster implements Booster {
  readonly #native: Bound;
  #handle: Handle;

  /** @param matrices those it will be trained on */
  constructor(native: Bound, matrices: readonly Handle[]) {
    const out: Out<Handle> = [null];
    native.check(native.XGBoosterCreate(matrices, matrices.length, out));
    this.#native = native;
    this.#handle = written(out);
  }

  get handle(): Handle {
    if (this.#handle === undefined) throw new Error('This booster has been disposed of.');
    return this.#handle;
  }

  set(name: string, value: string | number): void {
    this.#native.check(this.#native.XGBoosterSetParam(this.handle, name, String(value)));
  }

  /** Its errors after a round, by matrix name. XGBoost prints them: `[3]\ttrain-rmse:6.1\tvalidation-rmse:6.4`. */
  errors(
    round: number,
    matrices: { readonly train: Handle; readonly validation?: Handle },
  ): { readonly train: number; readonly validation?: number } {
    const names = Object.keys(matrices);
    const out: Out<string> = [null];
    this.#native.check(
      this.#native.XGBoosterEvalOneIter(this.handle, round, Object.values(matrices), names, names.length, out),
    );
    const said = written(out)
      .split('\t')
      .slice(1)
      .map((part) => Number(part.split(':')[1]));
    const [onTraining = Number.NaN, onValidation] = said;
    return { train: onTraining, ...(onValidation !== undefined && { validation: onValidation }) };
  }

  predict(matrix: FeatureMatrix): Float32Array {
    return this.#predict(matrix, PREDICT_MINUTES, 1);
  }

  contributions(matrix: FeatureMatrix): Float32Array {
    return this.#predict(matrix, PREDICT_CONTRIBUTIONS, matrix.columns + 1);
  }

  #predict(matrix: FeatureMatrix, type: number, valuesPerRow: number): Float32Array {
    if (matrix.rows === 0) return new Float32Array(0);
    using rows = new NativeMatrix(this.#native, matrix);
    const [shape, dimensions, out]: [Out<Handle>, Out<number>, Out<Handle>] = [[null], [null], [null]];
    const config = { type, training: false, iteration_begin: 0, iteration_end: 0, strict_shape: false };
    this.#native.check(
      this.#native.XGBoosterPredictFromDMatrix(
        this.handle,
        rows.handle,
        JSON.stringify(config),
        shape,
        dimensions,
        out,
      ),
    );
    const bytes = matrix.rows * valuesPerRow * Float32Array.BYTES_PER_ELEMENT;
    return new Float32Array(this.#native.copy(written(out), bytes));
  }

  trees(): TreeEnsemble {
    const { learner } = modelSchema.parse(JSON.parse(new TextDecoder().decode(this.#save('json'))));
    return {
      base: learner.learner_model_param.base_score,
      trees: learner.gradient_booster.model.trees.map((tree) => ({
        left: tree.left_children,
        right: tree.right_children,
        feature: tree.split_indices,
        value: tree.split_conditions,
        missingLeft: tree.default_left,
      })),
    };
  }

  gains(): ReadonlyMap<number, number> {
    const [features, names, dimensions, shape, scores]: [
      Out<number>,
      Out<Handle>,
      Out<number>,
      Out<Handle>,
      Out<Handle>,
    ] = [[null], [null], [null], [null], [null]];
    const config = JSON.stringify({ importance_type: 'gain' });
    this.#native.check(
      this.#native.XGBoosterFeatureScore(this.handle, config, features, names, dimensions, shape, scores),
    );
    const length = Number(written(features));
    if (length === 0) return new Map();
    const gains = new Float32Array(this.#native.copy(written(scores), length * Float32Array.BYTES_PER_ELEMENT));
    // Unnamed features are called f0, f1 and so on, by column.
    return new Map(
      this.#native.strings(written(names), length).map((name, i) => [Number(name.slice(1)), gains[i] ?? Number.NaN]),
    );
  }

  toBytes(): Uint8Array {
    return this.#save('ubj');
  }

  #save(format: 'json' | 'ubj'): Uint8Array {
    const [length, out]: [Out<number | bigint>, Out<Handle>] = [[null], [null]];
    this.#native.check(this.#native.XGBoosterSaveModelToBuffer(this.handle, JSON.stringify({ format }), length, out));
    return new Uint8Array(this.#native.copy(written(out), Number(written(length))));
  }

  [Symbol.dispose](): void {
    if (this.#handle !== undefined) this.#native.XGBoosterFree(this.#handle);
    this.#handle = undefined;
  }
}

const numbers = z.array(z.number());

/** The part of a saved model that we read (xgboost/doc/model.schema). Numbers are written to read back exactly. */
const modelSchema = z.object({
  learner: z.object({
    learner_model_param: z.object({
      base_score: z.string().transform((text) => Number(text.replaceAll(/[[\]]/g, ''))),
    }),
    gradient_booster: z.object({
      model: z.object({
        trees: z.array(
          z.object({
            left_children: numbers,
            right_children: numbers,
            split_indices: numbers,
            split_conditions: numbers,
            default_left: numbers,
          }),
        ),
      }),
    }),
  }),
});
