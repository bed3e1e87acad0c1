import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import type { Bench, Documentation, Probe } from '../probe.ts';
import { machine, outputOf, run } from './a-machine.ts';

const MAP: Documentation = {
  title: 'Using Map state in Inline mode in Step Functions workflows',
  url: 'https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html',
};

const mapOf = (processor: object, more: object = {}) => ({
  Type: 'Map',
  Items: '{% $states.input.items %}',
  ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'One', States: { One: processor } },
  End: true,
  ...more,
});

export const items: Probe = {
  id: 'states-map-items',
  behavior:
    'A Map passes each item (object, string or number) as the input of one iteration, and collects results in item order.',
  docs: MAP,
  reliedOnBy: ['test/integration/backfill.test.ts', 'stepfunctions/backfill.asl.json'],
  expected: { objects: [{ n: 2 }, { n: 1 }, { n: 3 }], texts: ['b', 'a'], numbers: [2, 1] },
  resources: (site) => machine(site, 'MapItems', 'Each', { Each: mapOf({ Type: 'Pass', End: true }) }),
  look: {
    async seen(bench) {
      return {
        objects: await outputOf(bench, 'MapItems', { items: [{ n: 2 }, { n: 1 }, { n: 3 }] }),
        texts: await outputOf(bench, 'MapItems', { items: ['b', 'a'] }),
        numbers: await outputOf(bench, 'MapItems', { items: [2, 1] }),
      };
    },
  },
};

export const concurrency: Probe = {
  id: 'states-map-concurrency',
  behavior: 'MaxConcurrency can be an expression: 1 runs iterations sequentially, 3 runs them in parallel.',
  docs: MAP,
  reliedOnBy: ['test/integration/backfill.test.ts', 'stepfunctions/backfill.asl.json'],
  expected: { 1: 'sequential', 3: 'parallel' },
  resources: (site) =>
    machine(site, 'MapConcurrency', 'Each', {
      Each: mapOf({ Type: 'Wait', Seconds: WAIT_SECONDS, End: true }, { MaxConcurrency: '{% $states.input.most %}' }),
    }),
  look: {
    async seen(bench) {
      return { 1: await pace(bench, 1), 3: await pace(bench, 3) };
    },
  },
};

const WAIT_SECONDS = 2;

/** Three iterations that wait: the total time shows whether they ran sequentially. */
async function pace(bench: Bench, most: number): Promise<string> {
  const { arn } = await run(bench, 'MapConcurrency', { most, items: [{ n: 1 }, { n: 2 }, { n: 3 }] });
  const { startDate, stopDate } = await bench.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  const seconds = ((stopDate?.getTime() ?? 0) - (startDate?.getTime() ?? 0)) / 1000;
  return seconds >= 3 * WAIT_SECONDS - 0.1 ? 'sequential' : 'parallel';
}
