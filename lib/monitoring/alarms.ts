import { MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { LIVE_FUNCTIONS } from '../config/functions.ts';
import type { StateMachine } from '../constructs/state-machine.ts';
import type { TripcastFunction } from '../constructs/tripcast-function.ts';
import { type AlarmPlan, COUNTED } from './alarm-plan.ts';
import {
  errorsOfNewVersion,
  FIVE_MINUTES,
  ofEnvironment,
  ofEventSource,
  ofFunction,
  ofModel,
  waitingIn,
} from './metrics.ts';
import { alarmsOfArchive, alarmsOfReaders } from './stream-alarms.ts';
import type { Watched } from './watched.ts';

export const alarmPlans = (watched: Watched): readonly AlarmPlan[] => [
  ...watched.functions.flatMap((each) => alarmsOfFunction(each, watched)),
  ...alarmsOfReaders(watched),
  ...alarmsOfCanaries(watched),
  ...alarmsOfStream(watched),
  ...alarmsOfArchive(watched),
  ...alarmsOfApi(watched),
  ...watched.stateMachines.flatMap(alarmsOfStateMachine),
  ...alarmsOfSchedules(watched),
  ...alarmsOfModel(watched),
];

function alarmsOfFunction(
  { name, function: deployed }: TripcastFunction,
  { config, stateMachines }: Watched,
): AlarmPlan[] {
  const { timeoutSeconds } = config.functions[name];
  const share = config.alarms.durationShare;
  const isRetried = stateMachines.some(({ functions }) => functions.some((each) => each.name === name));
  const errors: AlarmPlan = {
    ...COUNTED,
    name: `${name}-errors`,
    says: `A call of ${name} failed`,
    metric: deployed.metricErrors(FIVE_MINUTES),
  };
  return [
    // A state machine retries, and fails if that does not help: the alarm is on the state machine.
    ...(isRetried ? [] : [errors]),
    {
      ...COUNTED,
      name: `${name}-throttled`,
      says: `Calls of ${name} were throttled: the account's concurrency is used up`,
      metric: deployed.metricThrottles(FIVE_MINUTES),
    },
    {
      name: `${name}-slow`,
      says: `One call of ${name} in a hundred takes ${share * 100}% or more of its ${timeoutSeconds} seconds`,
      metric: deployed.metricDuration({ ...FIVE_MINUTES, statistic: 'p99' }),
      atLeast: share * timeoutSeconds * 1000,
      missing: TreatMissingData.NOT_BREACHING,
    },
    ...LIVE_FUNCTIONS.filter((each) => each === name).map((each) => ({
      ...COUNTED,
      name: `${each}-model-not-refreshed`,
      says: `${each} could not load a new champion and keeps serving the previous one`,
      metric: ofFunction(config, each, 'ModelRefreshFailed'),
    })),
  ];
}

/** On the new version only: errors of the old version are no reason to keep the old version. */
function alarmsOfCanaries({ config, functions }: Watched): AlarmPlan[] {
  if (config.serving.rollout.kind !== 'canary') return [];
  return LIVE_FUNCTIONS.flatMap((name) =>
    functions.flatMap(({ name: each, function: deployed, live }) =>
      each !== name || live === undefined
        ? []
        : {
            ...COUNTED,
            name: `${name}-new-version-errors`,
            says: `The new version of ${name} failed with its first share of the traffic, and the rollout was stopped`,
            metric: errorsOfNewVersion(deployed, live.version),
            guards: name,
          },
    ),
  );
}

function alarmsOfStream({ config, functions, eventSources }: Watched): AlarmPlan[] {
  const { iteratorAgeMinutes, quarantineShare, metricMath } = config.alarms;
  const counted = (metricName: string) => ofFunction(config, 'stream-score', metricName);
  const lag = functions
    .filter(({ name }) => name === 'stream-score')
    .map(({ function: deployed }) => ({
      name: 'stream-behind',
      says: `The oldest trip event of a batch was ${iteratorAgeMinutes} minutes old or more`,
      metric: deployed.metric('IteratorAge', { ...FIVE_MINUTES, statistic: 'Maximum' }),
      atLeast: iteratorAgeMinutes * 60_000,
      // Sent with each batch: without one, the stream is as far behind as it was.
      missing: TreatMissingData.IGNORE,
      lasts: true,
    }));
  const quarantined: AlarmPlan = {
    name: 'records-quarantined',
    says: `${quarantineShare * 100}% or more of the trip events could not be read and are in quarantine`,
    metric: new MathExpression({
      expression: 'IF(records > 0, bad / records, 0)',
      label: 'share in quarantine',
      usingMetrics: { records: counted('RecordsIn'), bad: counted('RecordsQuarantined') },
      ...FIVE_MINUTES,
    }),
    atLeast: quarantineShare,
    missing: TreatMissingData.NOT_BREACHING,
  };
  return [
    ...lag,
    ...(metricMath ? [quarantined] : []),
    {
      ...COUNTED,
      name: 'records-failed',
      says: 'Trip events were neither published nor quarantined; Lambda delivers them again',
      metric: counted('RecordsFailed'),
    },
    // S3 counts a bucket's objects only once a day. Lambda counts the records that it sends there, as it sends them:
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    ...eventSources.flatMap((each) => [
      {
        ...COUNTED,
        name: 'records-undelivered',
        says: 'Lambda gave up on trip events; they are in the undelivered bucket',
        metric: ofEventSource(each, 'OnFailureDestinationDeliveredEventCount'),
      },
      {
        ...COUNTED,
        name: 'records-dropped',
        says: 'Lambda gave up on trip events and could not store them; the stream keeps them until its retention ends',
        metric: ofEventSource(each, 'DroppedEventCount'),
      },
    ]),
  ];
}

const alarmsOfApi = ({ config, api }: Watched): AlarmPlan[] => [
  {
    ...COUNTED,
    name: 'api-errors',
    says: 'The API answered with a 5xx; most of these are answers from predict, not failed calls',
    metric: api.metricServerError({ ...FIVE_MINUTES, statistic: 'Sum' }),
    guards: 'predict', // it answers a fault with 500, which Lambda counts as a success
  },
  {
    ...COUNTED,
    name: 'api-not-published',
    says: 'Predictions of real rides did not reach the predictions stream',
    metric: ofFunction(config, 'predict', 'PublishFailed'),
  },
];

const alarmsOfStateMachine = ({ name, stateMachine }: StateMachine): AlarmPlan[] => [
  {
    ...COUNTED,
    name: `${name}-failed`,
    says: `An execution of ${name} failed`,
    metric: stateMachine.metricFailed(FIVE_MINUTES),
  },
  {
    ...COUNTED,
    name: `${name}-timed-out`,
    says: `An execution of ${name} ran out of time`,
    metric: stateMachine.metricTimedOut(FIVE_MINUTES),
  },
  {
    ...COUNTED,
    name: `${name}-aborted`,
    says: `An execution of ${name} was stopped`,
    metric: stateMachine.metricAborted(FIVE_MINUTES),
  },
];

const alarmsOfSchedules = ({ config, queues }: Watched): AlarmPlan[] => [
  ...queues.map((queue) => ({
    ...COUNTED, // SQS sends no data for an empty, unused queue
    name: (queue.queueName ?? queue.node.id).replace(`tripcast-${config.env}-`, ''),
    says: 'A schedule could not start its target; its input is waiting in the queue',
    metric: waitingIn(queue),
  })),
  {
    name: 'month-missing',
    says: 'The month that was due on the 15th is not scored, and no execution is working on it',
    metric: ofEnvironment(config, 'MonthMissing'),
    atLeast: 1,
    // Checked once a month, and an alarm looks back a week at most: the last result stands until the next check.
    missing: TreatMissingData.IGNORE,
    lasts: true,
  },
];

const alarmsOfModel = ({ config }: Watched): AlarmPlan[] => {
  // Sent once a month, and an alarm looks back a week at most: what the last month showed stands until the next one.
  const monthly = { atLeast: 1, missing: TreatMissingData.IGNORE, lasts: true } as const;
  return [
    {
      ...monthly,
      name: 'month-harmed',
      says: 'The predictions of the last month are worse than the reference by more than is tolerated',
      metric: ofModel(config, 'MonthHarmed'),
    },
    {
      ...monthly,
      name: 'month-drifted',
      says: 'The rides of the last month differ from those of the reference',
      metric: ofModel(config, 'MonthDrifted'),
    },
    {
      ...COUNTED,
      name: 'monitoring-failed',
      says: 'A month was scored but could not be monitored',
      metric: ofEnvironment(config, 'MonitoringFailed'),
    },
  ];
};
