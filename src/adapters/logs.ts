import { setTimeout } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';

export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

const POLL_MS = 1000;
const NEVER = new AbortController().signal;

/**
 * Lines of a log group, oldest first.
 * @param since  only newer lines
 * @param follow keep reading as lines arrive
 * @param signal ends the read
 */
export async function* logLines(
  group: string,
  {
    since,
    follow = false,
    signal = NEVER,
  }: { readonly since: Date; readonly follow?: boolean; readonly signal?: AbortSignal },
): AsyncGenerator<LogLine> {
  const client = new CloudWatchLogsClient({});
  const seen = new Set<string>();
  let from = since.getTime();
  for (;;) {
    let nextToken: string | undefined;
    do {
      const page = await client
        .send(new FilterLogEventsCommand({ logGroupName: group, startTime: from, nextToken }))
        .catch((error: unknown) => {
          if (error instanceof ResourceNotFoundException) return { events: [], nextToken: undefined }; // nothing logged yet
          throw error;
        });
      for (const { eventId, logStreamName, timestamp = 0, message = '' } of page.events ?? []) {
        const id = eventId ?? `${logStreamName} ${timestamp} ${message}`; // the emulator does not provide one
        if (seen.has(id)) continue;
        seen.add(id);
        from = Math.max(from, timestamp);
        yield { at: new Date(timestamp), text: message.trimEnd() };
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined && !signal.aborted);
    if (!follow || signal.aborted) return;
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop ends above
  }
}
