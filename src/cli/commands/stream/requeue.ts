import { kinesisSink } from '#adapters/kinesis.ts';
import { S3Store } from '#adapters/s3.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, type Terminal } from '#cli/view/terminal.ts';
import { checkUsage } from '#cli/wrong-usage.ts';
import { systemClock } from '#clock.ts';
import { shown, TripcastError } from '#errors.ts';
import { REJECTION_REASONS } from '#streaming/decode.ts';
import type { OwedRecord } from '#streaming/owed-record.ts';
import { type Requeued, requeue } from '#streaming/requeue.ts';
import { UNDELIVERED } from '#streaming/undelivered.ts';

export interface RequeueOptions {
  /** The range of the records' first arrival. */
  readonly from?: Date;
  readonly to?: Date;
  readonly reason?: string;
  readonly limit?: number;
  readonly dryRun: boolean;
  readonly again: boolean;
}

/** `tripcast stream requeue`: sends what is in quarantine and undelivered again as events. */
export async function streamRequeue(options: RequeueOptions & CommonOptions, terminal: Terminal): Promise<void> {
  checkUsage(() => refuseNonsense(options));
  const to = await connect(options.env);
  const { unsent, found, sent, before, copies, unreadable, left } = await requeueOwed(to, options, terminal);
  const result = { found, sent, before, copies, unreadable, left, unsent: unsent.length, dry_run: options.dryRun };
  terminal.result(result, () => summary(result));
  const [lost] = unsent;
  if (lost !== undefined) {
    throw new TripcastError(
      `${unsent.length} events were refused by the stream (${lost.error}); ${sent} were sent`,
      'Run the same command again to send the rest.',
    );
  }
}

export async function requeueOwed(to: Deployment, options: RequeueOptions, terminal: Terminal): Promise<Requeued> {
  const { limit, dryRun, again } = options;
  const deps = {
    data: to.data,
    undelivered: new S3Store(to.output('UndeliveredBucketName')),
    events: kinesisSink(to.output('EventsStreamName')),
    clock: systemClock,
  };
  const progress = terminal.progress(dryRun ? 'requeue, dry run' : 'requeue', limit);
  let done: Requeued | undefined;
  for await (done of requeue(deps, { wanted: wanted(options), dryRun, again, ...(limit !== undefined && { limit }) })) {
    progress.update(done.sent, `${count(done.found)} found`);
  }
  progress.done(`${count(done?.sent ?? 0)} events ${dryRun ? 'would be sent' : 'sent'}`);
  return done ?? NOTHING;
}

const NOTHING: Requeued = { found: 0, sent: 0, before: 0, copies: 0, unreadable: 0, left: 0, unsent: [] };

const REASONS: readonly string[] = [...REJECTION_REASONS, UNDELIVERED];

/** @throws TripcastError when no record can match */
function refuseNonsense({ from, to, reason }: RequeueOptions): void {
  if (reason !== undefined && !REASONS.includes(reason)) {
    throw new TripcastError(`There is no reason ${shown(reason)}`, `Give one of ${REASONS.join(', ')}.`);
  }
  if (from !== undefined && to !== undefined && from >= to) {
    throw new TripcastError(
      `--from ${from.toISOString()} is not before --to ${to.toISOString()}`,
      'Give the earlier time with --from; records that arrived at --to or later are left out.',
    );
  }
}

function wanted({ from, to, reason }: RequeueOptions): (record: OwedRecord) => boolean {
  return (record) =>
    (reason === undefined || record.reason === reason) &&
    (from === undefined || record.arrivedAt >= from) &&
    (to === undefined || record.arrivedAt < to);
}

function summary(of: Record<'found' | 'sent' | 'before' | 'copies' | 'unreadable' | 'left', number>): string {
  const lines: readonly (readonly [number, string])[] = [
    [of.before, 'were sent again before: --again sends them once more'],
    [of.copies, 'are duplicates left by a redelivery'],
    [of.unreadable, 'are not JSON objects and cannot be sent again; their bytes are in `raw`'],
    [of.left, 'are beyond --limit'],
  ];
  const others = lines.filter(([n]) => n > 0).map(([n, what]) => `  ${count(n)} ${what}`);
  return [`${count(of.found)} records in quarantine and undelivered`, `  ${count(of.sent)} sent`, ...others].join('\n');
}
