import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { loadConfig } from '#lib/config/load.ts';
import { signalGroup, startEmulator } from '#local/emulator.ts';
import { CHECKS_PYTHON, CLONE, LOCAL } from '#setup/paths.mjs';
import { aCodeDeploy } from './a-codedeploy.ts';
import { realMonth } from './tlc-files.ts';

/** The emulator takes an access key of twelve digits for the account. */
export const ACCOUNT = '210987654321';
const prod = loadConfig('prod');
const TLC = dirname(realMonth('2023-04'));

export interface Ended {
  readonly code: number;
  readonly said: string;
}

export type NewAccount = Awaited<ReturnType<typeof newAccount>>;

/**
 * An emulator apart from the one that has dev, as empty as a new account. Its commands are those of docs/*.md; they find it
 * by an AWS configuration file, as they would find AWS: AWS_ENDPOINT_URL is refused for prod.
 * @param name of the folder for its state
 */
export async function newAccount(name: string) {
  const home = join(LOCAL, name);
  mkdirSync(home, { recursive: true });
  const emulator = await startEmulator({ port: 4900, dir: home });
  const killed = () => signalGroup(emulator.process.pid, 'SIGKILL');
  process.once('exit', killed);
  /** Deployments under way at CodeDeploy, which the emulator does not have. */
  const codeDeploy = { moving: [] as readonly string[] };
  const { calls, endpointUrl, close } = await aCodeDeploy((operation) =>
    operation === 'ListDeployments' ? { deployments: codeDeploy.moving } : {},
  );
  const lines = ['[default]', `endpoint_url = ${emulator.endpointUrl}`, `region = ${prod.region}`, 'services = more'];
  const keys = [`aws_access_key_id = ${ACCOUNT}`, 'aws_secret_access_key = test'];
  const more = ['[services more]', 'codedeploy =', `  endpoint_url = ${endpointUrl}`];
  writeFileSync(join(home, 'aws-config'), [...lines, ...keys, ...more, ''].join('\n'));

  /** Runs a line of the documents, with only the configuration file to say where AWS is. */
  function run(line: string, variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const [program = '', ...args] = commandOf(line, home);
    const { PATH = '', HOME = '', TRIPCAST_LOCAL = '' } = process.env;
    const env = {
      PATH: `${dirname(process.execPath)}:${PATH}`,
      HOME,
      TRIPCAST_LOCAL,
      AWS_CONFIG_FILE: join(home, 'aws-config'),
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
      NO_PROXY: '127.0.0.1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...variables,
    };
    return new Promise((resolve) => {
      execFile(program, args, { cwd: CLONE, env, maxBuffer: 2 ** 26 }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, said: `${out}${err}` });
      });
    });
  }

  return {
    endpointUrl: emulator.endpointUrl,
    home,
    codeDeploy: Object.assign(codeDeploy, { calls }),
    run,
    /** As CloudFormation has it: the status of prod's stack, and whether it refuses to be deleted. */
    async stackOfProd(): Promise<string> {
      const query = 'Stacks[0].[StackStatus,EnableTerminationProtection]';
      const { said } = await run(
        `aws cloudformation describe-stacks --stack-name tripcast-prod --query ${query} --output text`,
      );
      return said.trim().replace('\t', ' ');
    },
    lambda: () =>
      new LambdaClient({
        endpoint: emulator.endpointUrl,
        region: prod.region,
        credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'test' },
      }),
    s3: (accessKeyId: string, region: string) =>
      new S3Client({
        endpoint: emulator.endpointUrl,
        region,
        credentials: { accessKeyId, secretAccessKey: 'test' },
        forcePathStyle: true,
      }),
    async close(): Promise<void> {
      await emulator.stop();
      process.off('exit', killed);
      close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The same command without npx, which is slow, and with what this machine has in place of AWS and the web. */
function commandOf(line: string, home: string): readonly string[] {
  const [first, ...words] = line.replace(' zone-map ', ' linear-pair ').split(' ');
  if (first === 'aws') return [CHECKS_PYTHON, '-m', 'awscli', ...words];
  const [name, command, ...args] = words;
  if (name === 'cdk') {
    const app = ['--app', `"${process.execPath}" test/support/prod-on-emulator.ts`, '--output', join(home, 'cdk.out')];
    const unasked = command === 'deploy' ? ['--require-approval', 'never'] : [];
    return [process.execPath, join(CLONE, 'node_modules/aws-cdk/bin/cdk'), command ?? '', ...args, ...app, ...unasked];
  }
  const source = command === 'ingest' ? ['--source', TLC] : [];
  return [process.execPath, join(CLONE, 'bin/tripcast.ts'), command ?? '', ...args, ...source];
}

/** The lines of a document's `sh` blocks. */
export function documented(document: string): readonly string[] {
  const blocks = readFileSync(join(CLONE, 'docs', document), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = '']) => block.trim().split('\n'));
}

/** docs/deploy.md, by what its commands are for. */
export function deployDocument() {
  const lines = documented('deploy.md').map((line) => line.replace('ACCOUNT', ACCOUNT));
  const isWayOut = (line: string) => line.includes('--no-enable-termination-protection');
  const toPrediction = lines.filter((line) => !line.includes('RUN') && !isWayOut(line));
  const [bootstrap = '', first = '', deploy = ''] = toPrediction.filter((line) => line.startsWith('npx cdk '));
  const [wayOut = ''] = lines.filter(isWayOut);
  return { bootstrap, first, deploy, wayOut, toPrediction, copying: lines.filter((line) => line.includes('RUN')) };
}
