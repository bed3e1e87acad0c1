import { readStream } from '#adapters/kinesis.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { interruptible } from '#cli/interruptible.ts';
import type { CommonOptions } from '#cli/options.ts';
import type { Terminal } from '#cli/view/terminal.ts';
import { shown } from '#errors.ts';
import { distinctPredictions } from '#streaming/distinct.ts';
import { type PredictionRecord, predictionRecordSchema } from '#streaming/prediction-record.ts';

export interface TailOptions {
  readonly fromStart: boolean;
  readonly limit?: number;
}

/** `tripcast stream tail`: predictions as they arrive, without redelivered copies; until Ctrl-C or nobody reads. */
export async function streamTail(options: TailOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const to = await connect(options.env);
  terminal.say(`Reading ${to.output('PredictionsStreamName')}; Ctrl-C stops it.`);
  await interruptible(async (interrupted) => {
    const signal = AbortSignal.any([interrupted, terminal.lost]);
    let shown = 0;
    const onOther = (text: string) => terminal.say(`Not a prediction: ${text}`);
    for await (const record of predictions(to, options.fromStart ? 'oldest' : 'latest', signal, onOther)) {
      terminal.result(record, () => lineOf(record));
      shown += 1;
      if (shown === options.limit) return;
    }
  });
}

/**
 * The predictions stream as distinct records, from `from` on until the signal.
 * @param onOther called for each record that is not a prediction, which is left out: the stream may have other writers
 */
export async function* predictions(
  to: Deployment,
  from: 'oldest' | 'latest',
  signal: AbortSignal,
  onOther: (text: string) => void = () => {},
): AsyncGenerator<PredictionRecord> {
  const utf8 = new TextDecoder();
  async function* parsed() {
    const { pollMilliseconds } = to.config.streams;
    const records = readStream(to.output('PredictionsStreamName'), { from, signal, pollMilliseconds });
    for await (const { data } of records) {
      const text = utf8.decode(data);
      const prediction = parsePrediction(text);
      if (prediction === undefined) onOther(shown(text));
      else yield prediction;
    }
  }
  yield* distinctPredictions(parsed());
}

function parsePrediction(text: string): PredictionRecord | undefined {
  try {
    return predictionRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // JSON.parse has no other way to say so
  }
}

function lineOf({ prediction, predicted_at, version, source }: PredictionRecord): string {
  const { ride_id, ride_duration, interval, distance_source } = prediction;
  const [low, high] = interval;
  const minutes = `${ride_duration.toFixed(1).padStart(5)} min  [${low.toFixed(1)}, ${high.toFixed(1)}]`;
  return `${predicted_at}  ${String(ride_id).padEnd(16)} ${minutes}  ${distance_source}  ${source}  ${version.slice(0, 8)}`;
}
