import { styleText } from 'node:util';
import { lambdaAccount } from '#adapters/lambda-account.ts';
import { FUNCTIONS, LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import type { Config } from '#lib/config/schema.ts';
import { callsOfStream } from '#lib/config/sections/stream.ts';
import { type Check, doctor as examine } from '#local/doctor.ts';
import { checkQuotas, type Demand, type QuotaCheck } from '#operations/quotas.ts';
import { pointAt } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../view/terminal.ts';

/** `tripcast doctor`: what this machine has, what the account of an environment allows, and what to do about what is missing. */
export async function doctor({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  const config = loadConfig(env);
  const checks = [...(await examine()), ...(await quotas(config))];
  const width = Math.max(...checks.map(({ name }) => name.length));
  const ok = checks.every((check) => check.ok);
  terminal.result({ ok, checks }, () => checks.map((check) => line(check, width)).join('\n'));
  if (!ok) process.exitCode = 1;
}

/** Changes nothing and needs no deployed stack: it is for before the first deploy. An emulator has no quotas. */
async function quotas(config: Config): Promise<readonly Check[]> {
  if (config.endpointUrl !== null) return [];
  await pointAt(config);
  const account = await lambdaAccount(LIVE_FUNCTIONS.map((name) => functionName(config.env, name)));
  return checkQuotas(demandOf(config), account).map(asCheck);
}

function demandOf(config: Config): Demand {
  const { env, region, functions, reservedConcurrency, api } = config;
  return {
    env,
    region,
    memoryMb: Object.fromEntries(FUNCTIONS.map((name) => [name, functions[name].memoryMb])),
    reserved: reservedConcurrency,
    streamCalls: callsOfStream(config),
    requestsPerSecond: api.requestsPerSecond,
    burst: api.burst,
  };
}

function asCheck(check: QuotaCheck): Check {
  const { name, found } = check;
  switch (check.verdict) {
    case 'ok':
      return { name, ok: true, found };
    case 'raise':
      return { name, ok: true, found, advice: check.fix };
    case 'refused':
      return { name, ok: false, found, fix: check.fix };
  }
}

function line(check: Check, width: number): string {
  const advice = check.ok ? check.advice : check.fix;
  const mark = !check.ok
    ? styleText('red', '✘')
    : advice === undefined
      ? styleText('green', '✔')
      : styleText('yellow', '!');
  return `${mark} ${check.name.padEnd(width)}  ${check.found}${advice === undefined ? '' : `\n    ${advice}`}`;
}
