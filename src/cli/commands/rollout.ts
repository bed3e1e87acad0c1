import { trafficShifts } from '#adapters/codedeploy.ts';
import { lambdaAlias } from '#adapters/lambda.ts';
import { lambdaVersions } from '#adapters/lambda-versions.ts';
import { LIVE_ALIAS, LIVE_FUNCTIONS, type LiveFunctionName } from '#lib/config/functions.ts';
import { codeDeployNames, functionName } from '#lib/config/names.ts';
import { KEPT_VERSIONS, type Pruned, pruneVersions } from '#operations/prune-versions.ts';
import { checkLive, type LiveAlias, moveBack, type Rollout } from '#operations/rollout.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { userName } from '../user-name.ts';
import { type Terminal, table } from '../view/terminal.ts';
import { WrongUsage } from '../wrong-usage.ts';

export interface RolloutOptions {
  readonly status?: boolean;
  readonly check?: boolean;
  readonly rollback?: boolean;
  /** Default: both live functions. */
  readonly function?: LiveFunctionName;
}

/** `tripcast rollout`: shows which version is live; makes it prove itself, and takes it back when it does not. */
export async function rollout(options: RolloutOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const { status = false, check = false, rollback = false } = options;
  if ([status, check, rollback].filter(Boolean).length !== 1) {
    throw new WrongUsage('It is not clear what to do', 'Give one of --status, --check and --rollback.');
  }
  const to = await connect(options.env);
  const names = options.function === undefined ? LIVE_FUNCTIONS : [options.function];
  if (status) return showStatus(to, names, terminal);
  if (check && (await hasNoChampion(to, terminal))) return;

  const functions: RolledOut[] = [];
  for (const name of names) {
    const alias = aliasOf(to, name);
    const by = `requested by ${userName()}`;
    functions.push({ function: name, ...(check ? await checkLive(alias) : await moveBack(alias, by)) });
  }
  const isGood = check && functions.every(({ outcome }) => outcome === 'kept');
  const pruned = isGood ? await prune(to, names) : [];
  terminal.result({ functions, pruned }, () =>
    [...functions.map(sentenceOf), ...pruned.map(prunedSentence)].join('\n'),
  );
  if (functions.some(({ outcome }) => (check ? outcome !== 'kept' : outcome === 'stuck'))) process.exitCode = 1;
}

type RolledOut = Rollout & { readonly function: LiveFunctionName };

function aliasOf({ config }: Deployment, name: LiveFunctionName): LiveAlias {
  const { application, groupOf } = codeDeployNames(config.env);
  const isGradual = config.serving.rollout.kind === 'canary';
  const shifts = isGradual ? { shifts: trafficShifts(application, groupOf(name)) } : {};
  return lambdaAlias(functionName(config.env, name), LIVE_ALIAS, shifts);
}

/** Only once the live versions have proved themselves: until then an old version may still be needed. */
async function prune({ config }: Deployment, names: readonly LiveFunctionName[]): Promise<readonly PrunedFunction[]> {
  const pruned: PrunedFunction[] = [];
  for (const name of names) {
    pruned.push({ function: name, ...(await pruneVersions(lambdaVersions(functionName(config.env, name)))) });
  }
  return pruned.filter(({ deleted, denied }) => deleted.length + denied.length > 0);
}

type PrunedFunction = Pruned & { readonly function: LiveFunctionName };

const prunedSentence = ({ function: name, deleted, denied }: PrunedFunction) =>
  denied.length === 0
    ? `${name}: the newest ${KEPT_VERSIONS} versions are kept; deleted: ${deleted.join(', ')}.`
    : `${name}: old versions stay: ${denied.join(', ')}. Deleting them needs lambda:DeleteFunction on the function's versions.`;

/** Before the first champion there are no golden rides, and nothing is served that could be wrong. */
async function hasNoChampion({ registry, config }: Deployment, terminal: Terminal): Promise<boolean> {
  const taxiType = config.model.servedTaxiType;
  if ((await registry.champion(taxiType)) !== undefined) return false;
  terminal.result(
    { functions: [], note: 'no champion' },
    () => `There is no ${taxiType} champion yet: nothing to check.`,
  );
  return true;
}

async function showStatus(to: Deployment, names: readonly LiveFunctionName[], terminal: Terminal): Promise<void> {
  const functions = await Promise.all(
    names.map(async (name) => {
      const alias = aliasOf(to, name);
      const [{ version: live }, versions] = await Promise.all([alias.read(), alias.versions()]);
      const ordered = versions.toSorted((a, b) => b.number - a.number);
      return {
        function: name,
        live,
        versions: ordered.map(({ number, madeAt }) => ({ version: number, made_at: madeAt })),
      };
    }),
  );
  terminal.result({ functions }, () =>
    table(
      ['function', 'version', 'made', ''],
      functions.flatMap(({ function: name, live, versions }) =>
        versions.map(({ version, made_at }) => [name, String(version), made_at, version === live ? 'live' : '']),
      ),
    ),
  );
}

function sentenceOf(rolled: RolledOut): string {
  const { function: name, live } = rolled;
  switch (rolled.outcome) {
    case 'kept':
      return `${name}: version ${live} is live and answers its golden rides.`;
    case 'moved-back':
      return `${name}: version ${live} is live again; version ${rolled.from} was rolled back: ${rolled.reason}.`;
    case 'stopped':
      return `${name}: version ${live} stays live: ${rolled.deployments.join(', ')} was moving traffic off it and was stopped: ${rolled.reason}.`;
    case 'stuck':
      return `${name}: version ${live} stays live although it should not (${rolled.reason}). ${rolled.why}.`;
  }
}
