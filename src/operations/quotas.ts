/** An account's Lambda limits in a region, read by src/adapters/lambda-account.ts. */
export interface LambdaAccount {
  /** Concurrent calls, across all functions in the region. */
  readonly concurrency: number;
  /** The part that no function has reserved. */
  readonly unreserved: number;
  /** What this environment's functions currently reserve. */
  readonly reservedHere: number;
}

/** The parts of an environment that count against a quota; lib/config/schema.ts has the whole environment. */
export interface Demand {
  readonly env: string;
  readonly region: string;
  readonly memoryMb: Readonly<Record<string, number>>;
  readonly reserved: Readonly<Record<string, number | null>>;
  /** Batches of the stream that are scored concurrently. */
  readonly streamCalls: number;
  readonly requestsPerSecond: number;
  readonly burst: number;
}

/** `raise`: it deploys, but the quota is too small for the configuration. `refused`: the deploy would fail. */
export type QuotaCheck = { readonly name: string; readonly found: string } & (
  | { readonly verdict: 'ok' }
  | { readonly verdict: 'raise' | 'refused'; readonly fix: string }
);

/**
 * The limit for new accounts until AWS raises it; no API exposes it.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const NEW_ACCOUNT_MEMORY_MB = 3008;

/** Lambda keeps this much for functions without a reservation; some accounts report 50 or 100. */
export const LEAST_UNRESERVED = 10;

/** The lowest default in any region (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html). */
export const LEAST_API_REQUESTS_PER_SECOND = 2500;

/** For state machines and schedules: one month at a time, and a backfill that is asked to do more. */
const OTHER_CALLS = 10;

/**
 * What the account's quotas mean for an environment about to be deployed.
 * @example
 * const refused = checkQuotas(demand, account).filter(({ verdict }) => verdict === 'refused');
 */
export function checkQuotas(demand: Demand, account: LambdaAccount): readonly QuotaCheck[] {
  return [memory(demand), concurrency(demand, account), ...reservations(demand, account), api(demand)];
}

function memory({ env, memoryMb }: Demand): QuotaCheck {
  const name = 'Lambda memory';
  const above = Object.entries(memoryMb).filter(([, mb]) => mb > NEW_ACCOUNT_MEMORY_MB);
  if (above.length === 0) {
    return {
      name,
      verdict: 'ok',
      found: `at most ${Math.max(...Object.values(memoryMb))} MB, which every account allows`,
    };
  }
  return {
    name,
    verdict: 'raise',
    found: `${above.map(([each, mb]) => `${each} has ${mb} MB`).join(', ')}; new accounts allow ${NEW_ACCOUNT_MEMORY_MB} MB`,
    fix: `No API reports the limit. Ask AWS Support to raise "Lambda function memory", or lower functions.*.memoryMb in env/${env}.json.`,
  };
}

function concurrency({ env, region, streamCalls, burst }: Demand, account: LambdaAccount): QuotaCheck {
  const name = 'Lambda concurrency';
  const wanted = streamCalls + burst + OTHER_CALLS;
  const found = `${account.concurrency} calls at a time`;
  if (account.concurrency >= wanted) return { name, verdict: 'ok', found };
  return {
    name,
    verdict: 'raise',
    found: `${found}; env/${env}.json can ask for ${wanted} (stream ${streamCalls}, API burst ${burst}, state machines ${OTHER_CALLS})`,
    fix: `Until it is raised, requests to the API or a backfill can starve the stream. ${raiseTo(wanted, region)}`,
  };
}

function reservations({ env, region, reserved }: Demand, account: LambdaAccount): readonly QuotaCheck[] {
  const wanted = Object.values(reserved).reduce<number>((sum, each) => sum + (each ?? 0), 0);
  if (wanted === 0) return [];
  const name = 'Lambda reservations';
  const available = Math.max(0, account.unreserved + account.reservedHere - LEAST_UNRESERVED);
  const found = `${wanted} of ${available} that can be reserved`;
  if (wanted <= available) return [{ name, verdict: 'ok', found }];
  return [
    {
      name,
      verdict: 'refused',
      found: `${wanted} wanted, but only ${available} can be reserved: ${LEAST_UNRESERVED} of ${account.concurrency} must stay unreserved`,
      fix: `${raiseTo(account.concurrency + wanted - available, region)} Or lower reservedConcurrency in env/${env}.json; null reserves nothing.`,
    },
  ];
}

function api({ env, requestsPerSecond }: Demand): QuotaCheck {
  const name = 'API Gateway';
  const found = `${requestsPerSecond} requests a second`;
  if (requestsPerSecond <= LEAST_API_REQUESTS_PER_SECOND) {
    return { name, verdict: 'ok', found: `${found}, within every region's default quota` };
  }
  return {
    name,
    verdict: 'raise',
    found: `${found}; the default quota is ${LEAST_API_REQUESTS_PER_SECOND} in some regions`,
    fix: `Look up "Throttle rate" for Amazon API Gateway in Service Quotas, and raise it or lower api.requestsPerSecond in env/${env}.json.`,
  };
}

/** The quota's code: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
const raiseTo = (calls: number, region: string) =>
  `Raise it: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${calls} --region ${region}.`;
