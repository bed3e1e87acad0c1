import { join, resolve } from 'node:path';
import { CHECKS, MLFLOW, ROOT, venvPython } from './setup.mjs';

export const CLONE = ROOT;

/** What setup installs and every environment of this clone shares. All of it can be deleted at any time. */
export const CLONE_LOCAL = join(ROOT, '.tripcast');
export const PYTHON = venvPython(ROOT);
/** The Python interpreter that has MLflow, along with onnx, onnxruntime, pandas and scikit-learn. */
export const MLFLOW_PYTHON = venvPython(ROOT, MLFLOW);

/** The Python interpreter that has what only tests need: cfn-lint and the AWS command line. */
export const CHECKS_PYTHON = venvPython(ROOT, CHECKS);

/** The npm package of Swagger UI, whose files /docs shows. */
export const SWAGGER_PACKAGE = join(ROOT, 'node_modules', 'swagger-ui-dist');

/** Where the local environment keeps its state; TRIPCAST_LOCAL overrides it, so that tests have their own. */
export const LOCAL = resolve(process.env.TRIPCAST_LOCAL || CLONE_LOCAL);
/** Held while the local environment is being started or stopped. */
export const UP_LOCK = join(LOCAL, 'up.lock');
// Processes started from here run in other folders, where a relative path would mean something else.
if (process.env.TRIPCAST_LOCAL) process.env.TRIPCAST_LOCAL = LOCAL;
