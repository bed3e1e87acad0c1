import { z } from 'zod';
import { TripcastError } from '#errors.ts';

/** The last release that requires no account; docker/compose.yaml starts it. */
export const LOCALSTACK_VERSION = '4.14.0';

const healthSchema = z.object({
  /** `available` or `running`; `disabled` where SERVICES leaves it out. */
  services: z.record(z.string(), z.string()),
  edition: z.string(),
  version: z.string(),
});

/** What LocalStack reports about itself at `/_localstack/health`. */
export type LocalStackHealth = Readonly<z.infer<typeof healthSchema>>;

/** All services that the stack needs, by LocalStack's names, except those that the free edition is known to lack. */
const NEEDED = [
  'cloudformation',
  'cloudwatch',
  'iam',
  'kinesis',
  'kms',
  'lambda',
  'logs',
  's3',
  'scheduler',
  'sns',
  'sqs',
  'ssm',
  'stepfunctions',
  'sts',
] as const;

/** @throws TripcastError when no LocalStack answers there */
export async function localstackHealth(endpointUrl: string): Promise<LocalStackHealth> {
  let answer: unknown;
  try {
    const response = await fetch(`${endpointUrl}/_localstack/health`, { signal: AbortSignal.timeout(5_000) });
    // The header distinguishes it from other emulators that may answer at this address, MiniStack among them.
    answer = response.headers.has('x-localstack') && (await response.json());
  } catch (cause) {
    throw new TripcastError(
      `No LocalStack answers at ${endpointUrl}`,
      'Start it with `docker compose --file docker/compose.yaml up --detach`, or name another address with --endpoint.',
      { cause },
    );
  }
  const health = healthSchema.safeParse(answer);
  if (health.success) return health.data;
  throw new TripcastError(`What answers at ${endpointUrl} is not LocalStack`, 'Name its address with --endpoint.');
}

/**
 * What this LocalStack cannot do for tripcast, as sentences.
 * @throws TripcastError naming the services without which the stack cannot be deployed at all
 */
export function lacks({ services, version }: LocalStackHealth): readonly string[] {
  const has = (service: string) => ['available', 'running'].includes(services[service] ?? 'missing');
  const missing = NEEDED.filter((service) => !has(service));
  if (missing.length > 0) {
    throw new TripcastError(
      `LocalStack ${version} runs without ${missing.join(', ')}`,
      'Start it without SERVICES, or with these in it.',
    );
  }
  return [
    ...(version === LOCALSTACK_VERSION
      ? []
      : [
          `This is LocalStack ${version}; tripcast was tested with ${LOCALSTACK_VERSION}, so this list may be incomplete.`,
        ]),
    // The free edition accepts such a resource "as a fallback": the deploy succeeds, but nothing is behind it.
    ...(has('apigatewayv2') ? [] : ['It does not run HTTP APIs: `tripcast predict` calls the function instead.']),
    // Only the paid edition has ECR. That tells them apart; the edition's name differs from one start to the next.
    ...(has('ecr') ? [] : FREE_EDITION),
    ...EVERY_EDITION,
  ];
}

/** What only the paid edition does, as seen or documented. */
const FREE_EDITION = [
  'It runs no container images: the functions are zips here, and `npm run test:image` tests the image.',
  'It applies no layers: docker/compose.yaml mounts the natives at /opt instead.',
  'Its schedules never fire: start a month with `tripcast batch`.',
  'It has no dashboards.',
] as const;

/** What it does differently from AWS, seen in 4.14.0. */
const EVERY_EDITION = [
  'What functions log as metrics (EMF) does not become metrics: alarms on those stay silent.',
  'It does not split a batch that fails (bisect): a bad batch goes to the undelivered bucket as a whole.',
  'Firehose does not expand the archive’s prefix: its keys begin with a literal `stream/dt=!{timestamp:yyyy-MM-dd}/`.',
  'It keeps everything in memory: when it is restarted, the stack and its data are gone.',
] as const;
