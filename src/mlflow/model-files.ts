import type { ModelCard } from '#model/card/card.ts';
import type { GoldenRide, GoldenRides } from '#model/golden/golden.ts';
import { OUTPUTS } from '#model/scorer.ts';

/** The files, besides model.onnx, that Python's `mlflow.pyfunc.load_model` needs in a model folder. */
export const MLFLOW_MODEL_FILES = [
  'MLmodel',
  'requirements.txt',
  'python_env.yaml',
  'conda.yaml',
  'input_example.json',
] as const;

export type MlflowModelFile = (typeof MLFLOW_MODEL_FILES)[number];

const MLFLOW_VERSION = '3.17.2';
const PYTHON_VERSION = '3.11.7';
/** onnx 1.17 and onnxruntime 1.20 are the first to read the graph's file format. */
const REQUIREMENTS = ['mlflow>=3.17,<4', 'onnx>=1.17', 'onnxruntime>=1.20', 'pandas', 'numpy'];
const EXAMPLE_RIDES = 3;

/**
 * The graph's inputs in MLflow's types. The distance is a double because that is what a DataFrame holds; MLflow's ONNX
 * flavor converts it to the graph's float.
 */
const INPUTS: readonly { readonly name: keyof GoldenRide; readonly type: 'long' | 'double' }[] = [
  { name: 'PULocationID', type: 'long' },
  { name: 'DOLocationID', type: 'long' },
  { name: 'trip_distance', type: 'double' },
  { name: 'pickup_time', type: 'long' },
];

/**
 * The files by name; the same card and golden rides always give the same text.
 * @example
 * for (const [name, text] of Object.entries(mlmodelFiles(card, golden))) await writeFile(join(folder, name), text);
 */
export function mlmodelFiles(card: ModelCard, golden: GoldenRides): Readonly<Record<MlflowModelFile, string>> {
  return {
    MLmodel: mlmodel(card),
    'requirements.txt': lines(REQUIREMENTS),
    'python_env.yaml': lines([`python: ${PYTHON_VERSION}`, 'dependencies:', '- -r requirements.txt']),
    'conda.yaml': lines([
      'name: mlflow-env',
      'channels:',
      '- conda-forge',
      'dependencies:',
      `- python=${PYTHON_VERSION}`,
      '- pip',
      '- pip:',
      ...REQUIREMENTS.map((requirement) => `  - ${requirement}`),
    ]),
    'input_example.json': inputExample(golden),
  };
}

function mlmodel({ run_id, created_at, model }: ModelCard): string {
  const signature = {
    inputs: INPUTS.map(({ name, type }) => ({ type, name, required: true })),
    outputs: OUTPUTS.map((name) => ({ type: 'float', name, required: true })),
  };
  return lines([
    'flavors:',
    '  onnx:',
    '    code: null',
    '    data: model.onnx',
    '    onnx_version: 1.17.0',
    '    providers:',
    '    - CPUExecutionProvider',
    '  python_function:',
    '    data: model.onnx',
    '    env:',
    '      conda: conda.yaml',
    '      virtualenv: python_env.yaml',
    '    loader_module: mlflow.onnx',
    `    python_version: ${PYTHON_VERSION}`,
    'metadata:',
    `  tripcast.run_id: ${run_id}`,
    `mlflow_version: ${MLFLOW_VERSION}`,
    `model_size_bytes: ${model.bytes}`,
    'saved_input_example_info:',
    '  artifact_path: input_example.json',
    '  pandas_orient: split',
    '  type: dataframe',
    'signature:',
    `  inputs: '${JSON.stringify(signature.inputs)}'`,
    `  outputs: '${JSON.stringify(signature.outputs)}'`,
    '  params: null',
    `utc_time_created: '${created_at.replace('T', ' ').replace('Z', '')}'`,
  ]);
}

/** A few of the golden rides, as pandas writes a DataFrame. */
function inputExample({ rides }: GoldenRides): string {
  const known = rides.filter(({ trip_distance }) => trip_distance !== null);
  const data = known.slice(0, EXAMPLE_RIDES).map((ride) => INPUTS.map(({ name }) => ride[name]));
  return lines([JSON.stringify({ columns: INPUTS.map(({ name }) => name), data })]);
}

const lines = (of: readonly string[]) => `${of.join('\n')}\n`;
