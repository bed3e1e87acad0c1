import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { globalName } from '../config/names.ts';
import type { TripcastFunction } from '../constructs/tripcast-function.ts';
import { FIVE_MINUTES, ofEventSource, ofFunction, waitingIn } from './metrics.ts';
import type { Watched } from './watched.ts';

const ALL_OF_THE_WIDTH = 24;

/** Where an alarm's reader looks next: the alarms, then a row each for the stream, the API, the batch and the model. */
export function createDashboard(scope: Construct, id: string, alarms: readonly Alarm[], watched: Watched): Dashboard {
  return new Dashboard(scope, id, {
    dashboardName: globalName(watched.config, 'overview'),
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: ALL_OF_THE_WIDTH, height: 6 })],
      rowOfStream(watched),
      rowOfApi(watched),
      rowOfBatch(watched),
      rowOfModel(watched),
    ],
  });
}

function rowOfStream({ config, functions, eventSources }: Watched): IWidget[] {
  const counted = (metricName: string) => ofFunction(config, 'stream-score', metricName);
  return row(
    ['Trip events', ['RecordsIn', 'RecordsScored', 'RecordsQuarantined', 'RecordsFailed'].map(counted)],
    ['Age of the oldest event', onlyOf('stream-score', functions, (each) => each.metric('IteratorAge', MOST))],
    [
      'Events that Lambda gave up on',
      eventSources.flatMap((each) =>
        ['OnFailureDestinationDeliveredEventCount', 'DroppedEventCount'].map((name) => ofEventSource(each, name)),
      ),
    ],
    ['Duration of stream-score, p99', onlyOf('stream-score', functions, (each) => each.metricDuration(P99))],
  );
}

const rowOfApi = ({ config, api, functions }: Watched): IWidget[] =>
  row(
    ['Requests', [api.metricCount(SUM), api.metricClientError(SUM), api.metricServerError(SUM)]],
    [
      'Answers',
      ['RidesPredicted', 'QuestionsAnswered', 'PublishFailed'].map((name) => ofFunction(config, 'predict', name)),
    ],
    ['Latency, p99', [api.metricLatency(P99)]],
    ['Duration of predict, p99', onlyOf('predict', functions, (each) => each.metricDuration(P99))],
  );

const rowOfBatch = ({ stateMachines, functions, queues }: Watched): IWidget[] =>
  row(
    ['Executions that succeeded', stateMachines.map(({ stateMachine }) => stateMachine.metricSucceeded(SUM))],
    ['Executions that failed', stateMachines.map(({ stateMachine }) => stateMachine.metricFailed(SUM))],
    ['Errors', functions.map(({ function: each }) => each.metricErrors(SUM))],
    ['Schedules that could not start', queues.map(waitingIn)],
  );

/** Any metric of a taxi type's model, by name: what monitoring sends once a month. */
const rowOfModel = ({ config }: Watched): IWidget[] => [
  new GraphWidget({
    title: 'Model drift and error, by month',
    width: ALL_OF_THE_WIDTH,
    left: [
      new MathExpression({
        expression: `SEARCH('{tripcast,environment,taxi_type} environment="${config.env}"', 'Maximum', 86400)`,
        label: '',
      }),
    ],
  }),
];

const SUM = { ...FIVE_MINUTES, statistic: 'Sum' };
const P99 = { ...FIVE_MINUTES, statistic: 'p99' };
const MOST = { ...FIVE_MINUTES, statistic: 'Maximum' };

function row(...graphs: readonly (readonly [title: string, metrics: IMetric[]])[]): IWidget[] {
  const width = ALL_OF_THE_WIDTH / graphs.length;
  return graphs.map(([title, left]) => new GraphWidget({ title, left, width }));
}

const onlyOf = (
  name: string,
  functions: readonly TripcastFunction[],
  metricOf: (deployed: TripcastFunction['function']) => IMetric,
) => functions.filter((each) => each.name === name).map((each) => metricOf(each.function));
