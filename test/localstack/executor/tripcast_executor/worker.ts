// One execution environment of a Node function: invocations arrive as lines of JSON on one descriptor, and answers leave
// on another. functions.py starts it.
import { createReadStream, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Invocation {
  readonly id: string;
  readonly arn: string;
  /** JSON */
  readonly event: string;
  /** The function's timeout. */
  readonly seconds: number;
}

type Handler = (event: unknown, context: object) => unknown;

const {
  EXECUTOR_REQUESTS,
  EXECUTOR_ANSWERS,
  _HANDLER = '',
  LAMBDA_TASK_ROOT = '',
  AWS_LAMBDA_FUNCTION_NAME: functionName,
  AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryLimitInMB,
  AWS_LAMBDA_LOG_GROUP_NAME: logGroupName,
  AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
} = process.env;
// Functions see only what Lambda would give them.
delete process.env.EXECUTOR_REQUESTS;
delete process.env.EXECUTOR_ANSWERS;

function answer(message: object): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(Number(EXECUTOR_ANSWERS), bytes, sent);
}

/** An error as Node's runtime in Lambda reports it. */
function described(error: unknown) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

const isMissingModule = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';

function load(): Handler {
  const [file = '', name = ''] = _HANDLER.split('.');
  const handler: unknown = createRequire(join(LAMBDA_TASK_ROOT, 'package.json'))(`./${file}`)[name];
  if (typeof handler === 'function') return handler as Handler;
  throw new Error(`${_HANDLER} is not a function`);
}

async function invoke(handler: Handler, { id, arn, event, seconds }: Invocation): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  try {
    const result = await handler(JSON.parse(event), {
      awsRequestId: id,
      invokedFunctionArn: arn,
      functionName,
      functionVersion,
      memoryLimitInMB,
      logGroupName,
      logStreamName,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    });
    answer({ body: JSON.stringify(result) ?? 'null', isError: false });
  } catch (error) {
    console.error('Invoke Error', error);
    answer({ body: JSON.stringify(described(error)), isError: true });
  }
}

process.on('uncaughtException', (error) => {
  console.error('Uncaught Exception', error);
  process.exit(129); // as in Lambda
});
try {
  const handler = load();
  answer({ ready: true });
  const requests = createInterface({ input: createReadStream('', { fd: Number(EXECUTOR_REQUESTS) }) });
  requests.on('line', (line) => void invoke(handler, JSON.parse(line)));
  requests.on('close', () => process.exit()); // LocalStack is gone, or was killed
} catch (error) {
  console.error(error);
  const failure = described(error);
  answer({ error: isMissingModule(error) ? { ...failure, errorType: 'Runtime.ImportModuleError' } : failure });
  process.exitCode = 1;
}
