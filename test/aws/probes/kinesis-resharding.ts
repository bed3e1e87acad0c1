import { DescribeStreamSummaryCommand, ListShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import type { Bench, Probe } from '../probe.ts';
import { stream } from '../site-template.ts';
import { refusal, until } from '../wait.ts';
import { FIRST_SHARD, iterator, OLDEST, put, read, textsOf } from './a-kinesis-stream.ts';

const MIDDLE = String(2n ** 127n);

export const closedShard: Probe = {
  id: 'kinesis-closed-shard',
  behavior:
    'A split shard keeps its records; reading it ends without a next iterator and names the child shards, which hold what is written later.',
  docs: {
    title: 'GetRecords (Amazon Kinesis Data Streams API Reference)',
    url: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html',
  },
  reliedOnBy: ['test/unit/adapters/kinesis.test.ts', 'src/adapters/kinesis.ts'],
  expected: { parent: { texts: ['before'], ends: true, children: 2 }, children: ['after'] },
  resources: (site) => ({ Split: stream(site, 'split') }),
  look: {
    async seen(bench) {
      const { kinesis, idOf } = bench;
      const StreamName = idOf('Split');
      await put(bench, 'Split', [['key', 'before']]);
      await kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: FIRST_SHARD, NewStartingHashKey: MIDDLE }));
      const status = async () =>
        (await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary?.StreamStatus;
      await until(bench, status, (seen) => seen === 'ACTIVE');
      await put(bench, 'Split', [['key', 'after']]);

      const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
      const children = Shards.filter(({ ParentShardId }) => ParentShardId === FIRST_SHARD);
      const later = async () => {
        const starts = children.map(({ ShardId }) => iterator(bench, 'Split', OLDEST, ShardId));
        const pages = await Promise.all(starts.map(async (start) => read(bench, await start)));
        return pages.flatMap(textsOf);
      };
      const found = await until(bench, later, (texts) => texts.length > 0);
      return { parent: await readToItsEnd(bench), children: found };
    },
  },
};

async function readToItsEnd(bench: Bench) {
  const start = iterator(bench, 'Split', OLDEST);
  const answer = await refusal(start);
  if (answer !== 'accepted') return answer;
  const texts: string[] = [];
  let next: string | undefined = await start;
  let children = 0;
  const step = async () => {
    if (next === undefined) return;
    const page = await read(bench, next);
    texts.push(...textsOf(page));
    children = page.ChildShards?.length ?? 0;
    next = page.NextShardIterator;
  };
  await until(bench, step, () => next === undefined, bench.patience.silence);
  return { texts, ends: next === undefined, children };
}
