import { chooseRun } from '#cli/choose-run.ts';
import { connect, keepingEnvironment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import type { Terminal } from '#cli/view/terminal.ts';
import { WrongUsage } from '#cli/wrong-usage.ts';
import { copyRun } from '#registry/adopt.ts';

export interface ModelsCopyOptions {
  readonly run: string;
  readonly from: string;
  readonly to: string;
}

/**
 * `tripcast models copy`: copies a run from one environment to another, where it proves its golden rides again and
 * waits to be promoted. The gate's verdict is left behind: it is about the first environment's champion.
 */
export async function modelsCopy(options: ModelsCopyOptions & Pick<CommonOptions, 'json'>, terminal: Terminal) {
  if (options.from === options.to) {
    throw new WrongUsage(`--from and --to are both ${options.from}`, 'Name two environments.');
  }
  const progress = terminal.progress(`copy ${options.run} from ${options.from} to ${options.to}`);
  const source = await keepingEnvironment(async () => {
    const from = await connect(options.from);
    const run = await chooseRun(from, options.run, from.config.model.servedTaxiType);
    const files = await from.registry.folder(run).files();
    return { run, files, uri: from.registry.uri(run, 'model.onnx') };
  });
  const { registry } = await connect(options.to);
  const { loadScorer } = await import('#adapters/onnxruntime.ts');
  const copied = await copyRun(source.run, source.files, registry, loadScorer);
  const uri = registry.uri(source.run, 'model.onnx');
  progress.done(uri);
  const result = { run_id: source.run, from: source.uri, to: uri, files: copied.map(({ name }) => name) };
  terminal.result(
    result,
    () =>
      `Run ${source.run} is in ${options.to}: ${uri}\nThe gate there has not checked it. Promote it with \`tripcast models promote ${source.run} --env ${options.to} --gate\`.`,
  );
}
