import { join, resolve } from 'node:path';
import { CHECKS, MLFLOW, ROOT, venvPython } from './setup.mjs';

export const CLONE = ROOT;

/** What a set-up installs and every environment of this clone shares. All of it may be deleted at any time. */
export const CLONE_LOCAL = join(ROOT, '.tripcast');
export const PYTHON = venvPython(ROOT);
/** The interpreter that has MLflow, and onnx, onnxruntime, pandas and scikit-learn with it. */
export const MLFLOW_PYTHON = venvPython(ROOT, MLFLOW);

/** The interpreter that has what only tests need: cfn-lint and the AWS command line. */
export const CHECKS_PYTHON = venvPython(ROOT, CHECKS);

/** Where the local environment keeps its state; TRIPCAST_LOCAL names another place, so that tests have one of their own. */
export const LOCAL = resolve(process.env.TRIPCAST_LOCAL || CLONE_LOCAL);
/** Held while the local environment is brought up or stopped. */
export const UP_LOCK = join(LOCAL, 'up.lock');
// Processes started from here run in other folders, where a relative path would mean something else.
if (process.env.TRIPCAST_LOCAL) process.env.TRIPCAST_LOCAL = LOCAL;
